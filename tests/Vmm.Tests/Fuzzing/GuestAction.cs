namespace MicroVm.Vmm.Tests.Fuzzing;

/// <summary>One step of a hostile guest; which of the numbers count depends on the kind.</summary>
internal readonly record struct GuestAction(
    GuestActionKind Kind, byte Queue, ushort Index, ulong Address, uint Length, ushort Flags, ushort Next);
