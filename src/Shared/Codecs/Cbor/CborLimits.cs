namespace MicroVm.Shared.Codecs.Cbor;

/// <summary>What a document from a peer may at most be. Checked before anything is allocated for it.</summary>
public static class CborLimits
{
    /// <summary>Largest document in bytes; also the cap on an MQTT payload.</summary>
    public const int DocumentBytes = 1 << 20;

    /// <summary>Deepest nesting of arrays and maps.</summary>
    public const int Depth = 12;

    /// <summary>Most items in one array or pairs in one map.</summary>
    public const int Items = 4096;

    /// <summary>Longest text or byte string in bytes, but for the desired document inside its envelope.</summary>
    public const int StringBytes = 64 << 10;
}
