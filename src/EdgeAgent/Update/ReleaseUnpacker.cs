using System.Security.Cryptography;
using MicroVm.EdgeAgent.Interop;
using MicroVm.EdgeAgent.Programs;
using MicroVm.Shared.Contracts.Releases;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Update;

/// <summary>Unpacks an artifact, whose digest was verified, with the host's tar, and verifies each file once more by itself.</summary>
internal sealed class ReleaseUnpacker(IPrograms programs)
{
    private const UnixFileMode Readable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode Runnable = Readable | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
    private const int BufferBytes = 64 << 10;

    /// <summary>Unpacks into an empty folder; null when every file is there, verified and durable.</summary>
    internal async Task<UpdateFault?> UnpackAsync(string artifact, AgentManifest manifest, string folder)
    {
        ulong available = Libc.SpaceOf(folder).AvailableBytes;
        if (available < manifest.UnpackedBytes)
        {
            return new UpdateFault($"expected {manifest.UnpackedBytes} bytes of free disk for the slot, found {available}");
        }

        ProgramOutcome outcome = await programs.RunAsync("tar", "-xzof", artifact, "-C", folder);
        if (!outcome.IsSuccess)
        {
            return new UpdateFault($"tar: {outcome.Explanation}");
        }

        string[] unpacked = [.. Directory.EnumerateFileSystemEntries(folder).Select(static entry => Path.GetFileName(entry)).Order(StringComparer.Ordinal)];
        string[] named = [.. manifest.Files.Select(static file => file.Name).Order(StringComparer.Ordinal)];
        if (!unpacked.SequenceEqual(named))
        {
            return new UpdateFault($"artifact: expected the files {string.Join(", ", named)}, found {string.Join(", ", unpacked)}", IsFinal: true);
        }

        foreach (AgentFile file in manifest.Files)
        {
            if (Keep(Path.Combine(folder, file.Name), file) is UpdateFault fault)
            {
                return fault;
            }
        }

        Libc.SyncDirectory(folder);
        return null;
    }

    /// <summary>Verifies a file and makes it durable.</summary>
    private static UpdateFault? Keep(string path, AgentFile file)
    {
        FileInfo info = new(path);
        if (info.LinkTarget is not null || (info.Attributes & FileAttributes.Directory) != 0 || (ulong)info.Length != file.SizeBytes)
        {
            return new UpdateFault($"{file.Name}: expected a file of {file.SizeBytes} bytes, found something else", IsFinal: true);
        }

        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, AgentFiles.IsProgram(file.Name) ? Runnable : Readable);
        }

        using FileStream stream = new(path, FileMode.Open, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0);
        Digest found = Hash(stream);
        if (found != file.Digest)
        {
            return new UpdateFault($"{file.Name}: expected {file.Digest}, found {found}", IsFinal: true);
        }

        stream.Flush(flushToDisk: true);
        return null;
    }

    private static Digest Hash(FileStream stream)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[BufferBytes];
        int count;
        while ((count = stream.Read(buffer)) > 0)
        {
            hash.AppendData(buffer, 0, count);
        }

        return Digest.FromHash(hash.GetHashAndReset());
    }
}
