using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace MicroVm.EdgeAgent.Hosting;

/// <summary>
/// Tells the service manager how the agent is (sd_notify(3)): a datagram to the Unix socket that <c>NOTIFY_SOCKET</c> names.
/// Without one nothing happens. A message that does not arrive is no fault: what it was about goes on.
/// </summary>
/// <param name="socket">Path of the socket; <c>@</c> at its start means an abstract one. Null for none.</param>
internal sealed class ServiceNotifier(string? socket)
{
    /// <summary>It is started and works.</summary>
    internal const string Ready = "READY=1";

    /// <summary>It is ending.</summary>
    internal const string Stopping = "STOPPING=1";

    /// <summary>It is alive.</summary>
    internal const string Watchdog = "WATCHDOG=1";

    /// <summary>The one of this process's environment.</summary>
    internal static ServiceNotifier OfEnvironment() => new(Environment.GetEnvironmentVariable("NOTIFY_SOCKET"));

    /// <summary>As <see cref="WatchdogOf"/>, of this process's environment.</summary>
    internal static TimeSpan? WatchdogOfEnvironment() => WatchdogOf(
        Environment.GetEnvironmentVariable("WATCHDOG_USEC"), Environment.GetEnvironmentVariable("WATCHDOG_PID"), Environment.ProcessId);

    /// <summary>Longest time between two <see cref="Watchdog"/> that the service manager allows this process; null when it does not watch.</summary>
    /// <param name="microseconds"><c>WATCHDOG_USEC</c>.</param>
    /// <param name="process"><c>WATCHDOG_PID</c>: whom it watches; null for whoever asks.</param>
    /// <param name="self">This process.</param>
    internal static TimeSpan? WatchdogOf(string? microseconds, string? process, int self) =>
        long.TryParse(microseconds, NumberStyles.None, CultureInfo.InvariantCulture, out long limit) && limit is > 0 and < long.MaxValue / 10
        && (string.IsNullOrEmpty(process) || process == self.ToString(CultureInfo.InvariantCulture))
            ? TimeSpan.FromMicroseconds(limit)
            : null;

    /// <summary>Sends a message of lines <c>NAME=VALUE</c>; false when nobody got it.</summary>
    internal bool Tell(string message)
    {
        if (string.IsNullOrEmpty(socket))
        {
            return false;
        }

        try
        {
            using Socket datagram = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { Blocking = false };
            datagram.SendTo(Encoding.UTF8.GetBytes(message), new UnixDomainSocketEndPoint(socket[0] == '@' ? "\0" + socket[1..] : socket));
            return true;
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            return false;
        }
    }
}
