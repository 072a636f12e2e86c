namespace MicroVm.EdgeAgent.Networks;

/// <summary>
/// Switches forwarding on where it is off, and remembers in a file that a reboot loses, like the setting itself, what was
/// changed: by it the next start of the agent knows between which links the host must not become a router.
/// </summary>
internal sealed class Forwarding(string runDirectory) : IForwarding
{
    private const string Ipv4 = "ipv4/ip_forward", Ipv6 = "ipv6/conf/all/forwarding", Confs = "/proc/sys/net/ipv6/conf";
    private const string Link4 = "link4 ", Link6 = "link6 ", Setting = "set ";
    private readonly string _path = Path.Combine(runDirectory, "forwarding");

    /// <inheritdoc/>
    public Strangers Enable(IReadOnlyList<string> links, bool withIpv6)
    {
        List<string> lines = [.. ReadLines()];
        int known = lines.Count;
        try
        {
            if (NetworkSysctls.TryRead(Ipv4) == "0")
            {
                lines.AddRange(links.Select(static link => Link4 + link));
                lines.Add($"{Setting}{Ipv4} 0");
            }

            if (withIpv6 && NetworkSysctls.TryRead(Ipv6) == "0")
            {
                lines.AddRange(links.Select(static link => Link6 + link));
                lines.Add($"{Setting}{Ipv6} 0");
                lines.AddRange(AdvertisedLinks().Select(static name => $"{Setting}{name} 1"));
            }

            if (lines.Count > known)
            {
                // What was so comes first: a power cut in between must not lose it.
                File.WriteAllLines(_path, lines.Distinct());
                EnableNow(withIpv6);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new NetworkFaultException($"forwarding cannot be switched on: {e.Message}", e);
        }

        return new Strangers(With(Link4, lines), With(Link6, lines));
    }

    /// <inheritdoc/>
    public void Restore()
    {
        foreach (string line in ReadLines().Where(static line => line.StartsWith(Setting, StringComparison.Ordinal)))
        {
            string[] parts = line.Split(' ');
            if (parts.Length == 3)
            {
                NetworkSysctls.TryWrite(parts[1], parts[2]);
            }
        }

        File.Delete(_path);
    }

    private static string[] With(string prefix, IEnumerable<string> lines) =>
        [.. lines.Where(line => line.StartsWith(prefix, StringComparison.Ordinal)).Select(line => line[prefix.Length..]).Distinct()];

    private static void EnableNow(bool withIpv6)
    {
        NetworkSysctls.Write(Ipv4, "1");
        if (withIpv6)
        {
            // A router does not listen to routers unless it is told to: 2 keeps the routes that this host has from them.
            foreach (string name in AdvertisedLinks())
            {
                NetworkSysctls.TryWrite(name, "2");
            }

            NetworkSysctls.Write(Ipv6, "1");
        }
    }

    /// <summary>Settings of the links that take routes from advertisements as hosts do.</summary>
    private static string[] AdvertisedLinks() => Directory.Exists(Confs)
        ? [.. Directory.GetDirectories(Confs).Select(static path => $"ipv6/conf/{Path.GetFileName(path)}/accept_ra").Where(static name => NetworkSysctls.TryRead(name) == "1")]
        : [];

    private string[] ReadLines()
    {
        try
        {
            return File.ReadAllLines(_path);
        }
        catch (FileNotFoundException)
        {
            return [];
        }
    }
}
