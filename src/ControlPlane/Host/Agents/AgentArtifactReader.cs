using System.Buffers.Binary;
using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using MicroVm.Shared.Contracts.Releases;
using MicroVm.Shared.Identity;

namespace MicroVm.ControlPlane.Host.Agents;

/// <summary>Reads an artifact of the agent, which may be anything, to its end.</summary>
internal static class AgentArtifactReader
{
    private const int BufferBytes = 128 << 10, ElfHeaderBytes = 20, ElfMachineOffset = 18;
    private const ushort MachineX64 = 62, MachineArm64 = 183;

    private static ReadOnlySpan<byte> ElfMagic => "\u007fELF"u8;

    /// <summary>The files in it.</summary>
    /// <param name="artifact">The artifact.</param>
    /// <param name="architecture">What its programs have to be for.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="AgentReleaseException">It is not what an artifact has to be.</exception>
    internal static async Task<IReadOnlyList<AgentFile>> ReadAsync(Stream artifact, string architecture, CancellationToken cancellation)
    {
        List<AgentFile> files = [];
        try
        {
            await using GZipStream unzipped = new(artifact, CompressionMode.Decompress, leaveOpen: true);
            await using TarReader tar = new(unzipped);
            long left = AgentFiles.MaxUnpackedBytes;
            while (await tar.GetNextEntryAsync(copyData: false, cancellation) is TarEntry entry)
            {
                string name = NameOf(entry, files);
                left -= entry.Length;
                files.Add(left >= 0
                    ? await ReadAsync(entry, name, architecture, cancellation)
                    : throw Fault(name, $"at most {AgentFiles.MaxUnpackedBytes} bytes in all files together", "more"));
            }
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or FormatException or ArgumentException or OverflowException)
        {
            throw new AgentReleaseException($"artifact: expected a tar compressed with gzip, found: {e.Message}");
        }

        return AgentFiles.Required.FirstOrDefault(name => files.All(file => file.Name != name)) is string missing
            ? throw Fault("artifact", $"the file {missing}", files.Count == 0 ? "no file" : string.Join(", ", files.Select(static file => file.Name)))
            : files;
    }

    private static string NameOf(TarEntry entry, List<AgentFile> before) =>
        entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile)
            ? throw Fault($"'{entry.Name}'", "regular files alone", entry.EntryType.ToString())
        : !AgentFiles.Names.Contains(entry.Name)
            ? throw Fault("artifact", $"files at its top by the names {string.Join(", ", AgentFiles.Names)}", $"'{entry.Name}'")
        : before.Any(file => file.Name == entry.Name) ? throw Fault(entry.Name, "it once", "it twice")
        : entry.Name;

    private static async Task<AgentFile> ReadAsync(TarEntry entry, string name, string architecture, CancellationToken cancellation)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[BufferBytes];
        ulong size = 0;
        int count;
        while (entry.DataStream is Stream data && (count = await data.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellation)) > 0)
        {
            if (size == 0 && AgentFiles.IsProgram(name))
            {
                CheckProgram(name, buffer.AsSpan(0, count), architecture);
            }

            hash.AppendData(buffer, 0, count);
            size += (ulong)count;
        }

        return size > 0
            ? new AgentFile(name, size, Digest.FromHash(hash.GetHashAndReset()))
            : throw Fault(name, "content", "nothing");
    }

    private static void CheckProgram(string name, ReadOnlySpan<byte> head, string architecture)
    {
        ushort machine = head.Length >= ElfHeaderBytes && head.StartsWith(ElfMagic)
            ? BinaryPrimitives.ReadUInt16LittleEndian(head[ElfMachineOffset..])
            : throw Fault(name, "an ELF program", "another file");
        string? found = machine switch
        {
            MachineX64 => MachineArchitecture.X64,
            MachineArm64 => MachineArchitecture.Arm64,
            _ => null,
        };
        if (found != architecture)
        {
            throw Fault(name, $"a program for {architecture}", found is null ? $"one for ELF machine {machine}" : $"one for {found}");
        }
    }

    private static AgentReleaseException Fault(string what, string expected, string found) => new($"{what}: expected {expected}, found {found}");
}
