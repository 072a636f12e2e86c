namespace MicroVm.Vmm.Devices.Legacy;

/// <summary>Counters of the serial port. Written under its locks, read from anywhere.</summary>
internal sealed class SerialMetrics
{
    /// <summary>Bytes the guest sent, those that were dropped included.</summary>
    internal long SentBytes { get; set; }

    /// <summary>Bytes over the rate limit, which went nowhere.</summary>
    internal long DroppedBytes { get; set; }

    /// <summary>Bytes that the output could not take.</summary>
    internal long LostBytes { get; set; }

    /// <summary>Reads of the receive register that found a byte.</summary>
    internal long ReceivedBytes { get; set; }
}
