namespace MicroVm.ControlPlane.Host.Manifests;

/// <summary>What a manifest may at most be.</summary>
internal static class ManifestLimits
{
    /// <summary>Values in all documents together, counted as often as anchors repeat them.</summary>
    internal const int Nodes = 20_000;

    /// <summary>Deepest nesting.</summary>
    internal const int Depth = 16;

    /// <summary>Documents in one request.</summary>
    internal const int Documents = 100;

    /// <summary>Arguments of a workload, and environment variables.</summary>
    internal const int ListItems = 256;

    /// <summary>All arguments and environment variables together, in bytes of UTF-8.</summary>
    internal const int ProcessBytes = 32 << 10;
}
