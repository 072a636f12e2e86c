namespace MicroVm.Vmm.Devices.Virtio.Vsock;

/// <summary>Counters of the vsock device. Written under the transport's lock, read from anywhere.</summary>
internal sealed class VsockMetrics
{
    /// <summary>Packets the guest sent.</summary>
    internal long TxPackets { get; set; }

    /// <summary>Packets the guest received.</summary>
    internal long RxPackets { get; set; }

    /// <summary>Payload bytes from guest to host.</summary>
    internal long TxBytes { get; set; }

    /// <summary>Payload bytes from host to guest.</summary>
    internal long RxBytes { get; set; }

    /// <summary>Packets whose header is short, names another source than the guest, or has an unknown type or operation.</summary>
    internal long MalformedPackets { get; set; }

    /// <summary>Packets that announce more payload than they carry.</summary>
    internal long LengthLies { get; set; }

    /// <summary>Packets with more payload than the credit given allows.</summary>
    internal long CreditViolations { get; set; }

    /// <summary>Connections refused or dropped to keep their number bounded, or because the guest is not ready.</summary>
    internal long RefusedConnections { get; set; }

    /// <summary>RST replies left out because too many waited.</summary>
    internal long DroppedResets { get; set; }
}
