using MicroVm.EdgeAgent.Vms;
using MicroVm.Shared.Codecs;
using MicroVm.Shared.Contracts.Reported;
using MicroVm.Shared.Contracts.Sessions;
using MicroVm.Shared.Contracts.Telemetry;

namespace MicroVm.EdgeAgent.Reporting;

/// <summary>What a change of a VM means to people. Pure; most changes mean nothing.</summary>
internal static class VmEventDecisions
{
    /// <summary>Failures in a row that make a crash loop.</summary>
    internal const int CrashLoopAfter = 3;

    /// <summary>One word for a workload that fails again and again.</summary>
    internal const string CrashLoop = nameof(CrashLoop);

    /// <summary>Lines that are looked at for the last words of a workload.</summary>
    internal const int LastLines = 10;

    private const int LastWordsCharacters = 200;

    private const string Started = nameof(Started), Stopped = nameof(Stopped), Removed = nameof(Removed), Completed = nameof(Completed),
        Ready = nameof(Ready), NotReady = nameof(NotReady), Recovered = nameof(Recovered);

    /// <summary>Events of a record that became another, in the order in which they happened.</summary>
    internal static IEnumerable<VmEvent> OfRecord(VmRecord? before, VmRecord? after)
    {
        if (after is null)
        {
            if (before is not null)
            {
                yield return new VmEvent(false, Removed, $"revision {before.Spec.Revision} was removed");
            }

            yield break;
        }

        // That a workload which is being stopped ends by its stop signal is no failure; Stopped follows.
        if (after.Exit is VmExit exit && before?.Exit != exit && before?.Phase != VmPhase.Stopping)
        {
            yield return OfExit(exit);
        }

        if (after.Run is not null && after.Run.Id != before?.Run?.Id)
        {
            yield return new VmEvent(false, Started, TextOfStart(after));
        }

        if (before?.Run is not null && after.Run is null && after.Exit is null)
        {
            yield return new VmEvent(false, Stopped, $"revision {before.Spec.Revision} was stopped");
        }

        if (after is { Phase: VmPhase.BackOff, Crashes: CrashLoopAfter } && before?.Crashes < CrashLoopAfter)
        {
            yield return new VmEvent(true, CrashLoop, TextOfCrashLoop(after));
        }
    }

    /// <summary>The event of a remark that became another; null when it says nothing new.</summary>
    internal static VmEvent? OfRemark(VmRemark? before, VmRemark? after) => (before?.Reason ?? "", after?.Reason ?? "") switch
    {
        ("", "") => null,
        (string was, "") when after is null => new VmEvent(false, Recovered, $"{was} is over"),
        (string was, string now) when now.Length > 0 && now != was => new VmEvent(true, now, after!.Message),
        _ => null,
    };

    /// <summary>The event of what the probes say; null when it is nothing new.</summary>
    internal static VmEvent? OfHealth(VmHealth? before, VmHealth after) => (before?.Ready, after.Ready) switch
    {
        (true, false) => new VmEvent(true, NotReady, after.Message),
        (false, true) => new VmEvent(false, Ready, "the workload is ready"),
        _ => null,
    };

    /// <summary>What is said of a workload that fails again and again.</summary>
    internal static string TextOfCrashLoop(VmRecord record)
    {
        string last = record.Exit is VmExit exit ? $"; last: {exit.Text}" : "";
        string next = record.RetryAt is DateTimeOffset retry ? $"; next try at {retry:HH:mm:ss} UTC" : "";
        return $"failed {record.Crashes} times in a row{last}{next}";
    }

    /// <summary>
    /// What a workload that failed wrote last, as the end of an event's message: its last line on standard error, or else its
    /// last one; nothing when it wrote none in that run.
    /// </summary>
    internal static string LastWords(VmRun? run, IReadOnlyList<SessionLogEntry> lines)
    {
        long since = run is null ? long.MaxValue : run.StartedAt.ToUnixTimeMilliseconds() * 1_000_000;
        SessionLogEntry? said = lines.LastOrDefault(line => line.Stream == LogStream.Stderr && IsOfRun(line)) ?? lines.LastOrDefault(IsOfRun);
        return said is null ? "" : $"; last it wrote: {OneLine(said.Text)}";

        bool IsOfRun(SessionLogEntry line) => line.AtUnixNs >= since && !string.IsNullOrWhiteSpace(line.Text);
    }

    private static string OneLine(string text)
    {
        string clean = string.Concat(text.Trim().Select(static c => char.IsControl(c) ? ' ' : c));
        return ShortText.Of(clean, LastWordsCharacters, "…");
    }

    private static VmEvent OfExit(VmExit exit) =>
        exit.IsFailure ? new VmEvent(true, exit.Reason, exit.Text) : new VmEvent(false, Completed, "the workload ended with code 0");

    private static string TextOfStart(VmRecord record)
    {
        string again = record.Restarts > 0 ? $", restart {record.Restarts}" : "";
        return $"revision {record.Spec.Revision}, image {record.Spec.Image.Name}{again}";
    }
}
