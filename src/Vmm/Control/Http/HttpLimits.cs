namespace MicroVm.Vmm.Control.Http;

/// <summary>What a client of the API may make the process hold.</summary>
internal static class HttpLimits
{
    /// <summary>Longest request line with all headers, in bytes.</summary>
    internal const int MaxHeadBytes = 8 * 1024;

    /// <summary>Most header fields.</summary>
    internal const int MaxHeaders = 64;

    /// <summary>Longest request target, in bytes.</summary>
    internal const int MaxTargetBytes = 1024;

    /// <summary>Longest body, in bytes, unless --http-api-max-payload-size says otherwise; Firecracker's default.</summary>
    internal const int DefaultMaxBodyBytes = 51_200;

    /// <summary>Most that --http-api-max-payload-size may say.</summary>
    internal const int MostMaxBodyBytes = 16 * 1024 * 1024;

    /// <summary>Most clients at once; one more takes the place of the one that was silent longest.</summary>
    internal const int MaxConnections = 16;
}
