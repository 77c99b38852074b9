"""The human side of Duet: the page, the library, what an artist likes.

It builds requests and shows artifacts; everything that is generated comes from ``pipelines``. Its
parts are imported one by one (``from studio.library import Library``), so that a script that only
needs the library loads neither gradio nor torch.
"""
