"""The library of pictures: upload, list, name, delete."""

from typing import Any

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns import editing
from campaigns.content import Picture
from campaigns.pictures import library
from campaigns.pictures.decoding import MOST_BYTES, NoPicture
from personalization.api.access import actor_of
from personalization.api.base import Checked, Editable, SiteField
from personalization.api.bodies import Json
from sites.editing import Needed


class PictureSerializer(Checked):
    path = serializers.CharField(read_only=True, help_text="Of its widest file, on this installation.")

    class Meta:
        model = Picture
        fields = (
            "id",
            "site",
            "digest",
            "name",
            "alt",
            "width",
            "height",
            "widths",
            "size",
            "path",
            "created_at",
            "updated_at",
        )
        read_only_fields = ("digest", "width", "height", "widths", "size")


class UploadSerializer(serializers.Serializer[Any]):
    site = SiteField()
    file = serializers.FileField(help_text="PNG, JPEG, WebP, GIF or AVIF, up to 8 MB; multipart/form-data.")
    name = serializers.CharField(max_length=100, required=False, help_text="The file's where it is absent.")
    alt = serializers.CharField(max_length=200, required=False, default="", allow_blank=True)


class Pictures(Editable):
    """Uploaded pictures. One that a creative or the live release shows cannot be deleted: 409 says by what."""

    model, queryset, serializer_class, verbs = Picture, Picture.objects.all(), PictureSerializer, editing
    parser_classes = [Json, MultiPartParser]
    filterset_fields = ("site", "digest")
    search_fields = ("name", "alt")
    ordering_fields = ("name", "created_at", "updated_at")

    @extend_schema(request={"multipart/form-data": UploadSerializer}, responses={201: PictureSerializer})
    @transaction.atomic
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Keeps the pixels, written anew in several widths. The same picture again answers 200 with what is there."""
        asked = UploadSerializer(data=request.data, context={"request": request})
        asked.is_valid(raise_exception=True)
        told, file = asked.validated_data, asked.validated_data["file"]
        name = told.get("name", file.name)
        try:
            data = file.read(MOST_BYTES + 1)
            row, is_new = library.add(told["site"], data, name, actor_of(request), told["alt"])
        except NoPicture as fault:
            raise serializers.ValidationError({"file": [str(fault)]}) from None
        made = status.HTTP_201_CREATED if is_new else status.HTTP_200_OK
        return Response(self.get_serializer(row).data, status=made)

    @transaction.atomic
    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        try:
            library.delete(self.get_object(), actor_of(request))
        except Needed as fault:
            return Response({"detail": str(fault), "code": "in_use"}, status=status.HTTP_409_CONFLICT)
        return Response(status=status.HTTP_204_NO_CONTENT)
