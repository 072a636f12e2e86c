namespace MicroVm.Vmm.Bus;

/// <summary>
/// Something a guest reaches by port or memory-mapped I/O. Called on vCPU threads, several at once:
/// the device does its own locking. Offsets count from the device's base; sizes are 1, 2, 4 or 8.
/// A guest may access any offset with any size: what has no meaning reads as zeros or all ones and writes nothing.
/// </summary>
internal interface IBusDevice
{
    /// <summary>Fills <paramref name="data"/> with what the guest reads.</summary>
    void Read(ulong offset, Span<byte> data);

    /// <summary>Takes what the guest wrote.</summary>
    void Write(ulong offset, ReadOnlySpan<byte> data);
}
