"""How are static files answered? By whitenoise, in one piece: they are small, and a file handed to an ASGI server would
block its loop."""

from django.http import HttpRequest, HttpResponse
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.responders import StaticFile


class StaticFiles(WhiteNoiseMiddleware):
    @staticmethod
    def serve(static_file: StaticFile, request: HttpRequest) -> HttpResponse:
        """Read in the thread of the request. Whitenoise's own answer is a file, which Django can only iterate
        synchronously."""
        found = static_file.get_response(request.method, request.META)
        body = b""
        if found.file is not None:
            with found.file as file:
                body = file.read()
        response = HttpResponse(body, status=found.status)
        del response["content-type"]
        for name, value in found.headers:
            response[name] = value
        if body:
            # Whitenoise looked at the file when the process began; whoever gets a new version of Segue changes it while
            # the old one runs, and a length that is another one breaks the answer off.
            response["content-length"] = str(len(body))
        return response
