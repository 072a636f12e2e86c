namespace MicroVm.EdgeAgent.Cgroups;

/// <summary>Where a VMM process is put before it is a VMM.</summary>
/// <param name="Folders">Its cgroups; empty for none.</param>
/// <param name="OomScoreAdjust">See <see cref="VmLimits.OomScoreAdjust"/>.</param>
internal sealed record VmPlacement(IReadOnlyList<string> Folders, int OomScoreAdjust)
{
    /// <summary>The shell, which every Linux has.</summary>
    internal const string Shell = "/bin/sh";

    /// <summary>
    /// Puts itself there and becomes the program. A process is put into a cgroup before it has memory, because memory stays charged to
    /// where it was taken; what cannot be done is said in its output, and the program runs.
    /// </summary>
    private const string Script =
        """
        echo "$1" >/proc/self/oom_score_adj; shift
        while [ "$1" != -- ]; do echo 0 >"$1/cgroup.procs"; shift; done
        shift; exec "$@"
        """;

    /// <summary>The arguments of the shell that becomes the program with these arguments.</summary>
    internal IReadOnlyList<string> Wrap(IReadOnlyList<string> arguments) =>
        [Shell, "-c", Script, "microvm-place", OomScoreAdjust.ToString(System.Globalization.CultureInfo.InvariantCulture), .. Folders, "--", .. arguments];

    /// <summary>Puts a process that runs there, as far as it goes.</summary>
    internal void Move(int pid)
    {
        string process = pid.ToString(System.Globalization.CultureInfo.InvariantCulture);
        _ = OomScore.TrySet(process, OomScoreAdjust);
        foreach (string folder in Folders)
        {
            try
            {
                File.WriteAllText(Path.Combine(folder, "cgroup.procs"), process);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // The process has ended, and its watcher says so; or it runs without.
            }
        }
    }
}
