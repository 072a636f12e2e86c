using System.Text;
using MicroVm.EdgeAgent.Diagnostics;
using MicroVm.EdgeAgent.Interop;
using MicroVm.EdgeAgent.Observed;
using MicroVm.EdgeAgent.Vms;
using MicroVm.Shared.Codecs;

namespace MicroVm.EdgeAgent.Programs;

/// <summary>Runs programs with an empty environment, from the directories where distributions put them.</summary>
/// <param name="watcher">Waits for their ends.</param>
/// <param name="directory">Where their output goes while they run.</param>
/// <param name="time">Ends what takes too long; null for the system's.</param>
internal sealed class HostPrograms(ProcessWatcher watcher, string directory, TimeProvider? time = null) : IPrograms
{
    /// <summary>Rules of a hundred VMs take less than a second.</summary>
    internal static readonly TimeSpan FirewallLimit = TimeSpan.FromSeconds(60);

    /// <summary>Making the largest volume on a slow card takes minutes.</summary>
    internal static readonly TimeSpan FileSystemLimit = TimeSpan.FromMinutes(30);

    private const string OutputSuffix = ".out";
    private const int OutputBytes = 4096, WordsCharacters = 300;
    private static readonly string[] s_directories = ["/usr/sbin", "/sbin", "/usr/bin", "/bin", "/usr/local/sbin", "/usr/local/bin"];

    /// <summary>Every program that the agent runs.</summary>
    internal static IReadOnlyList<string> Needed { get; } = ["nft", "mkfs.ext4", "e2fsck", "resize2fs", "tar"];

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    private int _number;

    /// <summary>
    /// Ends what an agent that was killed has left running on files under a directory, so that no two programs are on one file, and removes
    /// the files that their output went to.
    /// </summary>
    internal async Task EndLeftoversAsync(ProcFileSystem proc, string files, CancellationToken cancellation)
    {
        foreach (int pid in proc.EnumeratePids())
        {
            if (IsOn(proc.ReadCommandLine(pid), files) && watcher.Watch(pid) is WatchedProcess process)
            {
                process.Signal(Signals.SIGKILL);
                await Task.WhenAny(process.Exited, Task.Delay(s_patience, time ?? TimeProvider.System, cancellation));
            }
        }

        foreach (string output in Directory.EnumerateFiles(directory, ".*" + OutputSuffix))
        {
            File.Delete(output);
        }
    }

    /// <inheritdoc/>
    public string? Find(string name) => FindProgram(name);

    /// <summary>Where a program is; null when the host has none of that name.</summary>
    internal static string? FindProgram(string name) =>
        s_directories.Select(place => Path.Combine(place, name)).FirstOrDefault(File.Exists);

    /// <inheritdoc/>
    public async Task<ProgramOutcome> RunAsync(string name, params IReadOnlyList<string> arguments)
    {
        string path = Find(name) ?? throw new OsFaultException($"{name}: expected this program in {string.Join(", ", s_directories)}, found none");
        string output = Path.Combine(directory, $".{name}.{Interlocked.Increment(ref _number)}{OutputSuffix}");
        try
        {
            FaultPoints.Before(FaultPoint.HostProgram);
            int pid = Libc.PosixSpawn(new SpawnRequest(path, [path, .. arguments], output));
            FaultPoints.After(FaultPoint.HostProgram);
            WatchedProcess process = watcher.Watch(pid) ?? throw new OsFaultException($"pidfd_open({pid}): {name} is not a child of this process");
            TimeSpan limit = name == "nft" ? FirewallLimit : FileSystemLimit;
            return await EndsWithinAsync(process, limit)
                ? new ProgramOutcome(await process.Exited ?? -1, FirstWords(output))
                : new ProgramOutcome(-1, $"it did not end within {limit.TotalSeconds:0} s and was killed");
        }
        finally
        {
            File.Delete(output);
        }
    }

    /// <summary>What others wait for must not take for ever. One that the kernel holds cannot be killed and is not waited for.</summary>
    private async Task<bool> EndsWithinAsync(WatchedProcess process, TimeSpan limit)
    {
        try
        {
            await process.Exited.WaitAsync(limit, time ?? TimeProvider.System);
            return true;
        }
        catch (TimeoutException)
        {
            process.Signal(Signals.SIGKILL);
            return false;
        }
    }

    private static bool IsOn(IReadOnlyList<string> arguments, string files) =>
        arguments.Count > 1 && Needed.Contains(Path.GetFileName(arguments[0])) && arguments[^1].StartsWith(files + "/", StringComparison.Ordinal);

    private static string FirstWords(string output)
    {
        using FileStream file = File.OpenRead(output);
        byte[] head = new byte[OutputBytes];
        int count = file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
        string line = Encoding.UTF8.GetString(head, 0, count).Split('\n').Select(static text => text.Trim()).FirstOrDefault(static text => text.Length > 0) ?? "";
        return ShortText.Of(line, WordsCharacters);
    }
}
