"""Recordings of every kind that browsers make are read; anything else is refused by name."""

from __future__ import annotations

import io

import numpy as np
import pytest

from benchmarks.hums import hum, tune, wav
from pipelines.errors import ExportError
from pipelines.recordings import LONGEST, MAX_BYTES, SAMPLE_RATE, decode, is_sound

KINDS = {
    "wav": ("pcm_s16le", 44_100),
    "flac": ("flac", 44_100),
    "mp3": ("libmp3lame", 44_100),
    "ogg": ("libopus", 48_000),
    "webm": ("libopus", 48_000),
    "mp4": ("aac", 48_000),
    "adts": ("aac", 44_100),
    "aiff": ("pcm_s16be", 44_100),
}


def encoded(samples, kind: str) -> bytes:
    """A recording as that kind of file."""
    import av

    codec, rate = KINDS[kind]
    out = io.BytesIO()
    with av.open(out, "w", format=kind) as container:
        stream = container.add_stream(codec, rate=rate, layout="mono")
        change = av.AudioResampler(format=stream.format.name, layout="mono", rate=rate)
        whole = (np.clip(samples, -1, 1) * 32767).astype(np.int16)[None]
        frame = av.AudioFrame.from_ndarray(whole, "s16", "mono")
        frame.sample_rate = SAMPLE_RATE
        for piece in (*change.resample(frame), *change.resample(None)):
            container.mux(stream.encode(piece))
        container.mux(stream.encode(None))
    return out.getvalue()


@pytest.fixture(scope="module")
def samples():
    return hum(tune("scale"))


def refused(data: bytes) -> ExportError:
    with pytest.raises(ExportError) as caught:
        decode(data, "C:\\dir\\hum.x")
    assert caught.value.name == "hum.x"
    return caught.value


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_read_as_it_sounds(samples, kind):
    data = encoded(samples, kind)
    assert is_sound(data)
    read = decode(data)
    assert read.dtype == np.float32
    assert abs(len(read) - len(samples)) < 0.1 * SAMPLE_RATE
    # The same pitch at the same time: spectra agree, whatever a codec does to phases and delay.
    cut = slice(SAMPLE_RATE, SAMPLE_RATE + 8192)
    one, other = (np.abs(np.fft.rfft(x[cut] * np.hanning(8192))) for x in (samples, read))
    assert abs(int(one.argmax()) - int(other.argmax())) <= 1
    assert np.std(read) == pytest.approx(np.std(samples), rel=0.15)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("share", [0.5, 0.02])
def test_a_file_that_breaks_off_is_refused_or_shorter(samples, kind, share):
    """Ogg is a stream, and says nowhere how long it is: what is there is heard."""
    data = encoded(samples, kind)
    part = data[: int(share * len(data))]
    if kind == "ogg" and share == 0.5:
        assert len(decode(part)) < 0.6 * len(samples)
    else:
        assert refused(part).code == "damaged_recording"


@pytest.mark.parametrize(
    "data",
    [
        b"la la la",
        b"\x89PNG\r\n\x1a\n" + bytes(60),
        b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n",
        b"ffconcat version 1.0\nfile /etc/passwd\n",
        b"MThd\0\0\0\6",
    ],
    ids=["text", "png", "playlist", "concat", "midi"],
)
def test_what_is_no_recording_is_refused(data):
    assert not is_sound(data)
    assert refused(data).code == "not_a_recording"


@pytest.mark.parametrize(
    "head", [b"\xff\xfb", b"\0\0\0\x18ftypmp42", b"OggS", b"fLaC", b"\x1a\x45\xdf\xa3", b"ID3"]
)
def test_what_only_claims_to_be_one_is_refused(head):
    noise = np.random.default_rng(0).bytes(5000)
    assert refused(head + noise).code == "damaged_recording"


def test_a_long_one_is_refused_before_it_is_decoded(monkeypatch, samples):
    """20 minutes: by what it states, and where it states nothing after `LONGEST` seconds."""
    import av

    quiet = np.zeros(20 * 60 * SAMPLE_RATE, np.float32)
    stated = encoded(quiet, "webm")
    decoded = []
    frames = av.container.InputContainer.decode

    class Counting:
        """A container whose frames are counted."""

        def __init__(self, container, duration):
            self.container, self.duration, self.streams = container, duration, container.streams

        def __enter__(self):
            return self

        def __exit__(self, *_):
            self.container.close()

        def decode(self, stream):
            for frame in frames(self.container, stream):
                decoded.append(frame.samples)
                yield frame

    opening = av.open
    for duration, most in ((1_200_000_000, 0), (None, (LONGEST + 1) * 48_000)):

        def counted(*arguments, of=duration, **more):
            return Counting(opening(*arguments, **more), of)

        monkeypatch.setattr(av, "open", counted)
        decoded.clear()
        error = refused(stated)
        assert error.code == "recording_too_long"
        assert error.details == {"needed": "90"}
        assert sum(decoded) <= most
    monkeypatch.undo()
    assert refused(stated).code == "recording_too_long"


def test_empty_and_enormous_files_are_refused():
    assert refused(b"").code == "empty_file"
    assert refused(b"fLaC" + bytes(MAX_BYTES)).code == "file_too_large"


def test_a_film_without_sound_is_no_recording():
    import av

    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width = stream.height = 32
        stream.pix_fmt = "yuv420p"
        for _ in range(3):
            frame = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), "rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    assert refused(out.getvalue()).code == "not_a_recording"


def test_a_wav_of_a_pipe_states_no_length(samples):
    data = bytearray(wav(samples))
    data[4:8] = data[40:44] = b"\xff" * 4
    assert len(decode(bytes(data))) == pytest.approx(len(samples), abs=16)
