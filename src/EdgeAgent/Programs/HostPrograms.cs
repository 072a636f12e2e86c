using System.Text;
using MicroVm.EdgeAgent.Interop;
using MicroVm.EdgeAgent.Vms;

namespace MicroVm.EdgeAgent.Programs;

/// <summary>Runs programs with an empty environment, from the directories where distributions put them.</summary>
/// <param name="watcher">Waits for their ends.</param>
/// <param name="directory">Where their output goes while they run.</param>
internal sealed class HostPrograms(ProcessWatcher watcher, string directory) : IPrograms
{
    private const int OutputBytes = 4096, WordsCharacters = 300;
    private static readonly string[] s_directories = ["/usr/sbin", "/sbin", "/usr/bin", "/bin", "/usr/local/sbin", "/usr/local/bin"];

    /// <summary>Every program that the agent runs.</summary>
    internal static IReadOnlyList<string> Needed { get; } = ["nft", "mkfs.ext4", "e2fsck", "resize2fs"];

    private int _number;

    /// <inheritdoc/>
    public string? Find(string name) => FindProgram(name);

    /// <summary>Where a program is; null when the host has none of that name.</summary>
    internal static string? FindProgram(string name) =>
        s_directories.Select(place => Path.Combine(place, name)).FirstOrDefault(File.Exists);

    /// <inheritdoc/>
    public async Task<ProgramOutcome> RunAsync(string name, params IReadOnlyList<string> arguments)
    {
        string path = Find(name) ?? throw new OsFaultException($"{name}: expected this program in {string.Join(", ", s_directories)}, found none");
        string output = Path.Combine(directory, $".{name}.{Interlocked.Increment(ref _number)}.out");
        try
        {
            int pid = Libc.PosixSpawn(new SpawnRequest(path, [path, .. arguments], output));
            WatchedProcess process = watcher.Watch(pid) ?? throw new OsFaultException($"pidfd_open({pid}): {name} is not a child of this process");
            return new ProgramOutcome(await process.Exited ?? -1, FirstWords(output));
        }
        finally
        {
            File.Delete(output);
        }
    }

    private static string FirstWords(string output)
    {
        using FileStream file = File.OpenRead(output);
        byte[] head = new byte[OutputBytes];
        int count = file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
        string line = Encoding.UTF8.GetString(head, 0, count).Split('\n').Select(static text => text.Trim()).FirstOrDefault(static text => text.Length > 0) ?? "";
        return line.Length > WordsCharacters ? line[..WordsCharacters] : line;
    }
}
