namespace MicroVm.EdgeAgent.Networks;

/// <summary>Settings of the kernel under <c>/proc/sys/net</c> for the links of VMs (Documentation/networking/ip-sysctl.rst).</summary>
internal static class NetworkSysctls
{
    private const string Root = "/proc/sys/net";

    /// <summary>Settings of the bridge alone.</summary>
    /// <exception cref="IOException">The kernel refused one that has to be.</exception>
    internal static void Prepare(string bridge, bool withIpv6)
    {
        // Connections of the device's loopback to published ports come back over the bridge.
        Write($"ipv4/conf/{bridge}/route_localnet", "1");
        Write($"ipv4/conf/{bridge}/send_redirects", "0");
        Write($"ipv4/conf/{bridge}/accept_redirects", "0");
        TryWrite($"ipv6/conf/{bridge}/disable_ipv6", withIpv6 ? "0" : "1");
        TryWrite($"ipv6/conf/{bridge}/accept_ra", "0");
        TryWrite($"ipv6/conf/{bridge}/accept_redirects", "0");
    }

    /// <summary>A tap has no addresses of its own: the host must not say anything on it by itself.</summary>
    internal static void WithoutIpv6(string tap) => TryWrite($"ipv6/conf/{tap}/disable_ipv6", "1");

    /// <summary>A setting's value; null when there is no such setting.</summary>
    internal static string? TryRead(string name)
    {
        try
        {
            return File.ReadAllText(Path.Combine(Root, name)).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Sets what has to be set; nothing is written when it is so already.</summary>
    /// <exception cref="IOException">The kernel refused.</exception>
    internal static void Write(string name, string value)
    {
        if (TryRead(name) != value)
        {
            File.WriteAllText(Path.Combine(Root, name), value);
        }
    }

    /// <summary>Sets what a kernel may not have.</summary>
    internal static void TryWrite(string name, string value)
    {
        try
        {
            Write(name, value);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A kernel without IPv6 has none of its settings.
        }
    }
}
