"""The half of a library that holds what was taught: versions, jobs, sliders, proofs."""

from __future__ import annotations

from dataclasses import asdict
from typing import cast

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from studio.library import checks
from studio.library.opened import now
from studio.library.reading import Reading
from studio.library.tables import LineageRow, RecipeRow
from studio.library.tables_taught import JobRow, PlayingRow, ProofRow, SliderRow, VersionRow
from studio.library.taught_values import (
    OPEN,
    Job,
    JobState,
    Proof,
    TaughtSlider,
    Verdict,
    Version,
)
from studio.persons import Person

__all__ = ["Taught"]

_NAME = 200


class Taught(Reading):
    """See the module's docstring; `studio.library.Library` has it all."""

    def versions(self, person: Person, model: str) -> tuple[Version, ...]:
        """The versions that a person taught a model, oldest first."""
        mine = select(VersionRow).where(
            VersionRow.person_id == person.id, VersionRow.model == model
        )
        with self._read() as session:
            found = session.scalars(mine.order_by(VersionRow.created_at, VersionRow.id))
            return tuple(map(_version, found))

    def version(self, person: Person, version_id: str) -> Version | None:
        """One version, None if this person has none of that id."""
        with self._read() as session:
            row = session.get(VersionRow, (person.id, version_id))
            return None if row is None else _version(row)

    def add_version(self, person: Person, version: Version) -> None:
        """Add a version whose folder is in place; one that is there already stays as it is."""
        with self._write(person) as session:
            if session.get(VersionRow, (person.id, version.id)) is None:
                values = asdict(version) | {"works": list(version.works), "created_at": now()}
                session.add(VersionRow(person_id=person.id, **values))

    def name_version(self, person: Person, version_id: str, name: str) -> None:
        """Call a version something else."""
        words = checks.text("name", name, _NAME)
        with self._write(person) as session:
            row = session.get(VersionRow, (person.id, version_id))
            if row is not None:
                row.name = words

    def dependants(self, version_id: str) -> int:
        """How many works of anyone, deleted ones too, and versions need these weights."""
        mention = RecipeRow.request.contains(version_id) | RecipeRow.timeline.contains(version_id)
        works = select(RecipeRow.work_id).where(mention)
        kin = select(LineageRow.child_id).where(LineageRow.request.contains(version_id))
        children = select(VersionRow.id).where(VersionRow.parent == version_id)
        with self._read() as session:
            found = {*session.scalars(works), *session.scalars(kin), *session.scalars(children)}
        return len(found)

    def remove_version(self, person: Person, version_id: str) -> bool:
        """Forget a version of this person.

        Returns:
            Whether no one else has a version of the same weights, so that its folder may go.
        """
        with self._write(person) as session:
            for table, column in (
                (ProofRow, ProofRow.version),
                (PlayingRow, PlayingRow.version),
                (VersionRow, VersionRow.id),
            ):
                session.execute(
                    delete(table).where(column == version_id, table.person_id == person.id)
                )
            left = select(VersionRow.id).where(VersionRow.id == version_id).limit(1)
            return session.scalar(left) is None

    def playing(self, person: Person, model: str) -> str:
        """sha256 of the version that a person plays; empty for the original."""
        with self._read() as session:
            row = session.get(PlayingRow, (person.id, model))
            return "" if row is None else row.version

    def play(self, person: Person, model: str, version_id: str) -> None:
        """Play a version from now on; an empty id is the original."""
        with self._write(person) as session:
            session.execute(
                delete(PlayingRow).where(
                    PlayingRow.person_id == person.id, PlayingRow.model == model
                )
            )
            if version_id:
                session.add(PlayingRow(person_id=person.id, model=model, version=version_id))

    def add_job(self, person: Person, model: str, plan: dict[str, object]) -> Job:
        """Put a job at the end of the queue."""
        with self._write(person) as session:
            row = JobRow(
                id=self._ids.new(),
                person_id=person.id,
                model=model,
                state="waiting",
                created_at=now(),
                ended_at=None,
                plan=plan,
                version=None,
                error=None,
            )
            session.add(row)
            return _job(row)

    def job(self, job_id: str) -> Job | None:
        """A job of anyone."""
        with self._read() as session:
            row = session.get(JobRow, job_id)
            return None if row is None else _job(row)

    def jobs(self, person: Person | None = None, *, open_only: bool = False) -> tuple[Job, ...]:
        """Jobs, newest first: of a person, or of everyone."""
        chosen = select(JobRow).order_by(JobRow.id.desc())
        if person is not None:
            chosen = chosen.where(JobRow.person_id == person.id)
        if open_only:
            chosen = chosen.where(JobRow.state.in_(OPEN))
        with self._read() as session:
            return tuple(map(_job, session.scalars(chosen)))

    def move_job(
        self,
        job: Job,
        state: JobState,
        *,
        version: str | None = None,
        error: dict[str, str] | None = None,
    ) -> Job:
        """Bring a job into another state."""
        with self._write(job.person) as session:
            row = session.get_one(JobRow, job.id)
            row.state, row.error = state, error
            row.version = version or row.version
            row.ended_at = None if state in OPEN else now()
            return _job(row)

    def sliders(self, person: Person, model: str) -> tuple[TaughtSlider, ...]:
        """The sliders that a person taught, oldest first."""
        mine = select(SliderRow).where(SliderRow.person_id == person.id, SliderRow.model == model)
        with self._read() as session:
            found = session.scalars(mine.order_by(SliderRow.created_at, SliderRow.id))
            return tuple(map(_slider, found))

    def add_slider(self, person: Person, slider: TaughtSlider) -> None:
        """Keep a slider; the same direction again gets the new name."""
        checks.text("name", slider.name, _NAME)
        with self._write(person) as session:
            row = session.get(SliderRow, (person.id, slider.model, slider.id))
            if row is not None:
                row.name = slider.name
                return
            values = asdict(slider) | {"created_at": now()}
            session.add(SliderRow(person_id=person.id, **values))

    def remove_slider(self, person: Person, slider_id: str) -> bool:
        """Take a slider away; recipes that use it have its vector. Says whether there was one."""
        mine = (SliderRow.person_id == person.id, SliderRow.id == slider_id)
        with self._write(person) as session:
            known = session.scalar(select(SliderRow.id).where(*mine).limit(1)) is not None
            session.execute(delete(SliderRow).where(*mine))
            return known

    def proof(self, person: Person, version_id: str) -> Proof | None:
        """The blind test of a version, None before it was begun."""
        with self._read() as session:
            row = session.get(ProofRow, (person.id, version_id))
            if row is None:
                return None
            return Proof(version=row.version, pairs=tuple(row.pairs), card=row.card)

    def save_proof(self, person: Person, proof: Proof, verdict: Verdict | None) -> None:
        """Write down a blind test as it stands, and its verdict beside the version."""
        with self._write(person) as session:
            values = {"pairs": [dict(pair) for pair in proof.pairs], "card": proof.card}
            session.merge(ProofRow(person_id=person.id, version=proof.version, **values))
            _judge(session, person, proof.version, verdict)

    def problems(self) -> list[str]:
        """See `Reading.problems`; a version whose folder is gone is one."""
        found = super().problems()
        with self._read() as session:
            for name in session.scalars(select(VersionRow.id).distinct()):
                if not (self.root / "versions" / name / "weights.safetensors").is_file():
                    found.append(f"version {name[:12]}: its folder is missing")
        return found


def _judge(session: Session, person: Person, version_id: str, verdict: Verdict | None) -> None:
    row = session.get(VersionRow, (person.id, version_id))
    if row is not None:
        row.verdict = verdict


def _version(row: VersionRow) -> Version:
    return Version(
        id=row.id,
        model=row.model,
        parent=row.parent,
        works=tuple(row.works),
        how=row.how,
        measures=row.measures,
        name=row.name,
        verdict=cast("Verdict | None", row.verdict),
        created_at=row.created_at,
    )


def _job(row: JobRow) -> Job:
    return Job(
        id=row.id,
        person=Person(row.person_id),
        model=row.model,
        state=cast(JobState, row.state),
        plan=row.plan,
        created_at=row.created_at,
        ended_at=row.ended_at,
        version=row.version,
        error=row.error,
    )


def _slider(row: SliderRow) -> TaughtSlider:
    return TaughtSlider(
        id=row.id, model=row.model, name=row.name, vector=row.vector, effect=row.effect
    )
