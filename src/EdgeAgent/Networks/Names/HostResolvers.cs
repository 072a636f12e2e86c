using System.Net;

namespace MicroVm.EdgeAgent.Networks.Names;

/// <summary>Whom the host asks for names: resolv.conf(5), read again when it changes.</summary>
/// <param name="path">The file.</param>
internal sealed class HostResolvers(string path = "/etc/resolv.conf")
{
    private const int Most = 3;
    private readonly Lock _lock = new();
    private (DateTime Written, long Length) _read;
    private IReadOnlyList<IPAddress> _servers = [];

    /// <summary>The servers now, but for addresses of the device's own forwarder.</summary>
    internal IReadOnlyList<IPAddress> Current(params ReadOnlySpan<IPAddress?> own)
    {
        lock (_lock)
        {
            try
            {
                FileInfo file = new(path);
                (DateTime, long) now = (file.LastWriteTimeUtc, file.Exists ? file.Length : -1);
                if (now != _read)
                {
                    _servers = file.Exists ? Parse(File.ReadAllText(path)) : [];
                    _read = now;
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // What was known last may still be right.
            }

            List<IPAddress> others = [];
            foreach (IPAddress server in _servers)
            {
                if (!own.Contains(server))
                {
                    others.Add(server);
                }
            }

            return others;
        }
    }

    /// <summary>The lines "nameserver", at most three, as the C library reads them.</summary>
    internal static IReadOnlyList<IPAddress> Parse(string text)
    {
        List<IPAddress> servers = [];
        foreach (string line in text.Split('\n'))
        {
            string[] words = line.Split((char[])[' ', '\t', '\r'], StringSplitOptions.RemoveEmptyEntries);
            if (words is ["nameserver", string address, ..] && IPAddress.TryParse(address, out IPAddress? server) && servers.Count < Most)
            {
                servers.Add(server);
            }
        }

        return servers;
    }
}
