namespace MicroVm.Vmm.Arch;

/// <summary>The virtio-mmio windows of an address map, one behind the other, each with an interrupt line of its own.</summary>
/// <param name="FirstWindow">Address of the first window.</param>
/// <param name="WindowSize">Bytes from one to the next.</param>
/// <param name="FirstInterrupt">Line of the first; the others follow.</param>
/// <param name="Count">How many there are.</param>
internal readonly record struct VirtioPlaces(ulong FirstWindow, ulong WindowSize, uint FirstInterrupt, int Count)
{
    /// <summary>Address of a window.</summary>
    internal ulong Window(int index) => FirstWindow + ((ulong)index * WindowSize);

    /// <summary>Interrupt line of a window.</summary>
    internal uint Interrupt(int index) => FirstInterrupt + (uint)index;
}
