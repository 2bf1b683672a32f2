"""The language that a user chose."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """Adds the language."""

    dependencies: ClassVar = [("accounts", "0002_key_origins")]

    operations: ClassVar = [
        migrations.AddField(
            model_name="user",
            name="language",
            field=models.CharField(blank=True, max_length=10, verbose_name="language"),
            preserve_default=True,
        ),
    ]
