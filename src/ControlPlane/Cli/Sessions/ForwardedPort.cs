using System.Globalization;
using MicroVm.ControlPlane.Cli.Hosting;

namespace MicroVm.ControlPlane.Cli.Sessions;

/// <summary>A port of this machine that is one of a VM.</summary>
/// <param name="Local">Port here; 0 for any that is free.</param>
/// <param name="Remote">TCP port in the VM.</param>
internal readonly record struct ForwardedPort(int Local, int Remote)
{
    /// <summary>Reads <c>8080:80</c>, <c>80</c> or <c>:80</c>.</summary>
    /// <exception cref="UsageException">It is something else.</exception>
    internal static ForwardedPort Parse(string text)
    {
        string[] parts = text.Split(':');
        string local = parts[0].Length == 0 && parts.Length == 2 ? "0" : parts[0];
        return parts.Length <= 2 && TryPort(local, out int here) && TryPort(parts[^1], out int there) && there > 0
            ? new ForwardedPort(here, there)
            : throw new UsageException($"port: expected LOCAL:REMOTE or REMOTE, numbers up to {ushort.MaxValue}, found '{text}'");
    }

    private static bool TryPort(string text, out int port) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port <= ushort.MaxValue;
}
