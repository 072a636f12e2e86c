using MicroVm.EdgeAgent.Interop;
using MicroVm.EdgeAgent.Vms;
using MicroVm.Shared.Contracts.Releases;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Update;

/// <summary>Asks unpacked programs whether they run on this host, before anything depends on them.</summary>
/// <param name="watcher">Waits for their ends.</param>
/// <param name="directory">Where their output goes meanwhile.</param>
/// <param name="configPath">The agent's configuration file, which the new agent has to be able to read.</param>
/// <param name="time">Clock.</param>
internal sealed class ReleaseCheck(ProcessWatcher watcher, string directory, string configPath, TimeProvider time)
{
    // Exit codes of what a signal ended begin above this.
    private const int SignalBase = 128, MostSignals = 64;
    private const int WordsBytes = 300;

    // SIGILL, SIGABRT, SIGBUS and SIGSEGV: what the program does itself.
    private static readonly int[] s_crashes = [4, 6, 7, 11];
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    /// <summary>Null when they run and the agent is the version that it should be.</summary>
    internal async Task<UpdateFault?> RunAsync(string folder, ReleaseVersion version)
    {
        string agent = Path.Combine(folder, AgentFiles.Agent);
        return await RunAsync(agent, $"microvm-agent {version}", "--version")
            ?? await RunAsync(agent, null, "--check-config", "--config", configPath)
            ?? await RunAsync(Path.Combine(folder, AgentFiles.Vmm), null, "--version");
    }

    private async Task<UpdateFault?> RunAsync(string program, string? expected, params IReadOnlyList<string> arguments)
    {
        string output = Path.Combine(directory, ".release-check.out");
        string what = $"{Path.GetFileName(program)} {string.Join(' ', arguments)}";
        try
        {
            int pid = Libc.PosixSpawn(new SpawnRequest(program, [program, .. arguments], output));
            WatchedProcess process = watcher.Watch(pid) ?? throw new OsFaultException($"pidfd_open({pid}): {what} is not a child of this process");
            if (await ExitOf(process) is not int code)
            {
                return new UpdateFault($"{what}: it did not end within {s_limit.TotalSeconds:0} s");
            }

            string words = ReadWords(output);
            return code == 0 && (expected is null || words == expected) ? null
                : code is > SignalBase and <= SignalBase + MostSignals
                    ? new UpdateFault($"{what}: it was ended by signal {code - SignalBase} and said '{words}'", IsFinal: s_crashes.Contains(code - SignalBase))
                : new UpdateFault($"{what}: expected {expected ?? "exit code 0"}, found exit code {code} and '{words}'", IsFinal: true);
        }
        catch (OsFaultException e)
        {
            // Of anything else, such as too little memory at the moment, the release is innocent.
            return new UpdateFault($"{what}: {e.Message}", IsFinal: e.Errno is Errno.ENOENT or Errno.ENOEXEC or Errno.EACCES);
        }
        finally
        {
            File.Delete(output);
        }
    }

    /// <summary>Exit code; null for one that took too long.</summary>
    private async Task<int?> ExitOf(WatchedProcess process)
    {
        try
        {
            return await process.Exited.WaitAsync(s_limit, time) ?? -1;
        }
        catch (TimeoutException)
        {
            process.Signal(Signals.SIGKILL);
            _ = await process.Exited;
            return null;
        }
    }

    private static string ReadWords(string output)
    {
        using FileStream file = File.OpenRead(output);
        byte[] head = new byte[WordsBytes];
        int count = file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
        return System.Text.Encoding.UTF8.GetString(head, 0, count).Split('\n')[0].Trim();
    }
}
