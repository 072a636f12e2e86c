namespace MicroVm.Shared.Contracts.Telemetry;

/// <summary>What one telemetry batch may at most hold, beyond <see cref="Codecs.Cbor.CborLimits"/>: constant columns cost nothing on the wire.</summary>
public static class TelemetryLimits
{
    /// <summary>Most samples of VMs and points of metrics together.</summary>
    public const int Rows = 20_000;

    /// <summary>Most values in the columns of single processors.</summary>
    public const int CoreValues = 64 << 10;

    /// <summary>Longest body, unpacked.</summary>
    public const int BodyBytes = Codecs.Cbor.CborLimits.DocumentBytes;
}
