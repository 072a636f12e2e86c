namespace MicroVm.ControlPlane.Host.Api;

/// <summary>What a request may at most ask for.</summary>
internal static class ApiLimits
{
    /// <summary>Largest body but for an image.</summary>
    internal const long BodyBytes = 1 << 20;

    /// <summary>Largest image as a tar.</summary>
    internal const long ImageBytes = 8L << 30;

    /// <summary>Most items that one answer lists.</summary>
    internal const int Items = 10_000;

    /// <summary>Items listed when nothing is asked for.</summary>
    internal const int DefaultItems = 100;

    /// <summary>Grains asked at a time for a list.</summary>
    internal const int Parallelism = 64;

    /// <summary>Time between comments that keep an event stream open.</summary>
    internal static TimeSpan KeepAlive { get; } = TimeSpan.FromSeconds(15);
}
