using System.Globalization;
using MicroVm.EdgeAgent.Interop;

namespace MicroVm.EdgeAgent.Diagnostics;

/// <summary>
/// Keeps resident what the agent uses, not what it used once. Of its program and libraries: the kernel maps a file's pages in runs
/// of sixteen and reads further ahead, so that all of a program becomes resident by and by though a third of it is used. Of its
/// heaps: what a burst took stays theirs. See docs/decisions/013-program-pages.md.
/// </summary>
internal sealed class ResidentTrim(TimeProvider time)
{
    /// <summary>How much more than after the last time makes it worth it, in bytes.</summary>
    private const long Growth = 512 << 10;

    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(60), s_settle = TimeSpan.FromSeconds(10);

    /// <summary>When the agent has started and adopted its VMs, and when it has connected, as a rule.</summary>
    private static readonly TimeSpan[] s_first = [TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(25)];

    /// <summary>Gives pages back after the start, and whenever a minute's look finds more than before, until cancelled.</summary>
    internal async Task RunAsync(CancellationToken cancellation)
    {
        foreach (TimeSpan wait in s_first)
        {
            await Task.Delay(wait, time, cancellation);
            GiveBack();
        }

        await Task.Delay(s_settle, time, cancellation);
        for (long settled = Resident(); ;)
        {
            await Task.Delay(s_period, time, cancellation);
            if (Resident() > settled + Growth)
            {
                GiveBack();
                await Task.Delay(s_settle, time, cancellation);
                // What is used comes back, and with it what is worth comparing with; an agent that needs more now is left alone.
                settled = Math.Max(settled, Resident());
            }
        }
    }

    private static long Resident() => Environment.WorkingSet;

    private static void GiveBack()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        Libc.TrimMalloc();
        foreach ((nint address, nuint length, bool isCode) in Mappings(File.ReadLines("/proc/self/maps")))
        {
            Libc.GiveBack(address, length);
            if (isCode)
            {
                Libc.Unmap(address, length);
            }
        }
    }

    /// <summary>Mappings of files that nothing writes to, from lines of <c>/proc/PID/maps</c> (proc_pid_maps(5)).</summary>
    internal static IEnumerable<(nint Address, nuint Length, bool IsCode)> Mappings(IEnumerable<string> lines)
    {
        foreach (string line in lines)
        {
            string[] fields = line.Split(' ', 6, StringSplitOptions.RemoveEmptyEntries);
            if (fields is [_, "r-xp" or "r--p", _, _, _, _] && fields[5].StartsWith('/'))
            {
                string[] range = fields[0].Split('-');
                ulong from = ulong.Parse(range[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
                ulong to = ulong.Parse(range[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
                yield return ((nint)from, (nuint)(to - from), fields[1] == "r-xp");
            }
        }
    }
}
