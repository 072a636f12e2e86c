namespace MicroVm.Vmm.Devices.Virtio.Balloon;

/// <summary>Counters of the balloon. Written under the transport's lock, read from anywhere.</summary>
internal sealed class BalloonMetrics
{
    /// <summary>Requests of the inflate queue.</summary>
    internal long Inflations { get; set; }

    /// <summary>Requests of the deflate queue.</summary>
    internal long Deflations { get; set; }

    /// <summary>Pages given up by the guest, those it named twice counted twice.</summary>
    internal long InflatedPages { get; set; }

    /// <summary>Page frame numbers that are no RAM.</summary>
    internal long PagesOutsideMemory { get; set; }

    /// <summary>Requests that are empty, ragged or longer than a driver sends; returned without effect.</summary>
    internal long MalformedRequests { get; set; }

    /// <summary>Times the guest said it had given up more than all its memory.</summary>
    internal long ImpossibleActuals { get; set; }

    /// <summary>Statistics taken.</summary>
    internal long StatisticsUpdates { get; set; }

    /// <summary>Requests of the reporting queue.</summary>
    internal long Reports { get; set; }

    /// <summary>Bytes given back through the reporting queue.</summary>
    internal long ReportedBytes { get; set; }

    /// <summary>Requests of the hinting queue that carry ranges.</summary>
    internal long Hints { get; set; }

    /// <summary>Bytes given back through the hinting queue.</summary>
    internal long HintedBytes { get; set; }

    /// <summary>Ranges, of pages, hinted or reported, that the host could not take back.</summary>
    internal long FailedDiscards { get; set; }
}
