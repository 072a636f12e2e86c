using System.Buffers.Binary;
using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using MicroVm.Shared.Contracts.Releases;

namespace MicroVm.ControlPlane.Tests.Agents;

/// <summary>Makes artifacts of agents: tars compressed with gzip, of programs that only look like ones.</summary>
internal static class AgentArtifactBench
{
    internal const ushort X64 = 62, Arm64 = 183;

    /// <summary>An artifact with every file that one has to have.</summary>
    internal static byte[] Make(ushort machine = X64, string content = "") =>
        Pack([.. AgentFiles.Required.Select(name => (name, TarEntryType.RegularFile, AgentFiles.IsProgram(name) ? Program(machine, content) : Encoding.UTF8.GetBytes(name)))]);

    /// <summary>The first bytes of a program for a machine.</summary>
    internal static byte[] Program(ushort machine, string content = "")
    {
        byte[] program = new byte[64 + content.Length];
        "\u007fELF"u8.CopyTo(program);
        BinaryPrimitives.WriteUInt16LittleEndian(program.AsSpan(18), machine);
        Encoding.UTF8.GetBytes(content).CopyTo(program, 64);
        return program;
    }

    internal static byte[] Pack(params (string Name, TarEntryType Type, byte[] Content)[] files)
    {
        using MemoryStream packed = new();
        using (GZipStream zipped = new(packed, CompressionLevel.Fastest, leaveOpen: true))
        using (TarWriter tar = new(zipped, TarEntryFormat.Ustar))
        {
            foreach ((string name, TarEntryType type, byte[] content) in files)
            {
                UstarTarEntry entry = new(type, name);
                if (type == TarEntryType.SymbolicLink)
                {
                    entry.LinkName = "/etc/passwd";
                }
                else if (type == TarEntryType.RegularFile)
                {
                    entry.DataStream = new MemoryStream(content);
                }

                tar.WriteEntry(entry);
            }
        }

        return packed.ToArray();
    }
}
