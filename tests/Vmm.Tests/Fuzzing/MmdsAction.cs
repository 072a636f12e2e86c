namespace MicroVm.Vmm.Tests.Fuzzing;

/// <summary>One step of a guest that talks to the metadata service.</summary>
/// <param name="Kind">What is done; which of the others count depends on it.</param>
/// <param name="Port">Which of the guest's ports.</param>
/// <param name="Choice">Picks a request, flags, a window, or a place in the frame.</param>
/// <param name="Shift">How far the sequence number is from where it should be.</param>
/// <param name="Bytes">Payload or damage.</param>
internal readonly record struct MmdsAction(MmdsActionKind Kind, byte Port, ushort Choice, int Shift, byte[] Bytes);
