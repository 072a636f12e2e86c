using System.Buffers.Binary;
using System.IO.Compression;
using System.Security.Cryptography;
using MicroVm.ControlPlane.Host.Images;
using MicroVm.ControlPlane.Host.Images.Archive;
using MicroVm.Shared.Contracts.Releases;
using MicroVm.Shared.Identity;

namespace MicroVm.ControlPlane.Host.Agents;

/// <summary>Reads an artifact of the agent, which may be anything, to its end.</summary>
internal static class AgentArtifactReader
{
    private const int EntryMetadataBytes = 64 << 10, ElfHeaderBytes = 20, ElfMachineOffset = 18;
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
            ArchiveReader tar = new(unzipped, "artifact", EntryMetadataBytes);
            long left = AgentFiles.MaxUnpackedBytes;
            while (await tar.NextAsync(cancellation) is ArchiveEntry entry)
            {
                CheckEntry(entry, files);
                left -= entry.SizeBytes;
                files.Add(left >= 0
                    ? await ReadAsync(tar, entry.Path, architecture, cancellation)
                    : throw Fault(entry.Path, $"at most {AgentFiles.MaxUnpackedBytes} bytes in all files together", "more"));
            }
        }
        catch (InvalidDataException e)
        {
            throw new AgentReleaseException($"artifact: expected a tar compressed with gzip, found: {e.Message}");
        }
        catch (ImageImportException e)
        {
            throw new AgentReleaseException(e.Message);
        }

        return AgentFiles.Required.FirstOrDefault(name => files.All(file => file.Name != name)) is string missing
            ? throw Fault("artifact", $"the file {missing}", files.Count == 0 ? "no file" : string.Join(", ", files.Select(static file => file.Name)))
            : files;
    }

    private static void CheckEntry(ArchiveEntry entry, List<AgentFile> before)
    {
        if (entry.Type != ArchiveEntryType.File)
        {
            throw Fault(RawText.Show(entry.Path), "regular files alone", entry.Type.ToString());
        }

        if (!AgentFiles.Names.Contains(entry.Path))
        {
            throw Fault("artifact", $"files at its top by the names {string.Join(", ", AgentFiles.Names)}", RawText.Show(entry.Path));
        }

        if (before.Any(file => file.Name == entry.Path))
        {
            throw Fault(entry.Path, "it once", "it twice");
        }
    }

    private static async Task<AgentFile> ReadAsync(ArchiveReader tar, string name, string architecture, CancellationToken cancellation)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        ulong size = 0;
        await tar.CopyContentAsync(
            piece =>
            {
                if (size == 0 && AgentFiles.IsProgram(name))
                {
                    CheckProgram(name, piece.Span, architecture);
                }

                hash.AppendData(piece.Span);
                size += (ulong)piece.Length;
                return ValueTask.CompletedTask;
            },
            cancellation);
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
