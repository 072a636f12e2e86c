using MicroVm.Vmm.Diagnostics;

namespace MicroVm.Vmm.Mmds;

/// <summary>Counters of the metadata service, over all interfaces. Written under the transport's lock, read from anywhere.</summary>
internal sealed class MmdsMetrics
{
    /// <summary>Frames of the guest that were for the service.</summary>
    internal long RxAccepted { get; set; }

    /// <summary>Of them, those that are no packet: a length that lies, a wrong version, a fragment; dropped.</summary>
    internal long RxMalformed { get; set; }

    /// <summary>Of them, those that are unusual: no TCP, a port that nobody listens on, no part of a connection, outside its window.</summary>
    internal long RxUnusual { get; set; }

    /// <summary>TCP segments taken.</summary>
    internal long RxSegments { get; set; }

    /// <summary>GET requests with a token that is not valid.</summary>
    internal long RxInvalidToken { get; set; }

    /// <summary>GET requests without a token.</summary>
    internal long RxNoToken { get; set; }

    /// <summary>Frames for the guest.</summary>
    internal long TxFrames { get; set; }

    /// <summary>Bytes of them.</summary>
    internal long TxBytes { get; set; }

    /// <summary>Times that something had to be sent again.</summary>
    internal long TxRetransmissions { get; set; }

    /// <summary>Answers that were given up because others hold too much.</summary>
    internal long TxRefusals { get; set; }

    /// <summary>Connections that were made.</summary>
    internal long ConnectionsCreated { get; set; }

    /// <summary>Connections that ended, in whatever way.</summary>
    internal long ConnectionsDestroyed { get; set; }

    /// <summary>All of them, by Firecracker's names where it has them.</summary>
    internal MetricsSection ToSection() => new(
        "mmds",
        [
            ("rx_accepted", RxAccepted), ("rx_accepted_err", RxMalformed), ("rx_accepted_unusual", RxUnusual), ("rx_count", RxSegments),
            ("rx_invalid_token", RxInvalidToken), ("rx_no_token", RxNoToken), ("tx_bytes", TxBytes), ("tx_count", TxFrames),
            ("tx_frames", TxFrames), ("tx_errors", TxRefusals), ("tx_retransmissions", TxRetransmissions),
            ("connections_created", ConnectionsCreated), ("connections_destroyed", ConnectionsDestroyed),
        ]);
}
