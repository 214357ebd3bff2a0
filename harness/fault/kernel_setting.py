"""A setting of a node's kernel is another: forwarding switched off, redirects taken, an address that is not checked."""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.errors import CannotMeasure
from harness.lab.lab import Lab
from harness.probe.namespace import inside
from harness.probe.sysctl import path_of, sysctls


@dataclass(frozen=True, slots=True)
class KernelSetting:
    """``name`` (``net.ipv6.conf.all.forwarding``) of a node is ``value`` until lifted, and then what it was.

    For what no configuration in a node can change, as /proc/sys is read-only inside.
    """

    node: str
    name: str
    value: str
    was: list[str] = field(default_factory=list, compare=False, repr=False)

    def apply(self, lab: Lab) -> None:
        """Set it. Raises ``CannotMeasure`` if the kernel has no such setting, or refuses the value."""
        if not self.was:
            found = sysctls(None, lab.node(self.node), (self.name,))[self.name]
            if found is None:
                raise CannotMeasure(f"the kernel of {self.node} has no setting {self.name}")
            self.was.append(found)
        self._set(lab, self.value)

    def lift(self, lab: Lab) -> None:
        """Set it to what it was."""
        if self.was:
            self._set(lab, self.was[0])

    def _set(self, lab: Lab, value: str) -> None:
        try:
            with inside(lab.node(self.node)):
                path_of(self.name).write_text(value)
        except OSError as error:
            raise CannotMeasure(f"cannot set {self.name} of {self.node} to {value}: {error.strerror}") from error

    def __str__(self) -> str:
        return f"{self.name} of {self.node} is {self.value}"
