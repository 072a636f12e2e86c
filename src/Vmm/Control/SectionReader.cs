using MicroVm.Vmm.Control.Requests;

namespace MicroVm.Vmm.Control;

/// <summary>Reads the value that a cursor stands on.</summary>
internal delegate T SectionReader<T>(ref JsonCursor cursor);
