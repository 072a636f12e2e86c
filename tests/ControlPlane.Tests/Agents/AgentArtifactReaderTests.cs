using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using MicroVm.ControlPlane.Host.Agents;
using MicroVm.Shared.Contracts.Releases;
using MicroVm.Shared.Identity;

namespace MicroVm.ControlPlane.Tests.Agents;

public sealed class AgentArtifactReaderTests
{
    [Fact]
    public async Task Artifact_WithAllFiles_IsReadWithTheirDigests()
    {
        IReadOnlyList<AgentFile> files = await ReadAsync(AgentArtifactBench.Make(), MachineArchitecture.X64);
        Assert.Equal(AgentFiles.Required, files.Select(static file => file.Name));
        Assert.Equal(Digest.Of(AgentArtifactBench.Program(AgentArtifactBench.X64)), files[0].Digest);
    }

    [Fact]
    public async Task Programs_ForAnotherArchitecture_AreRefusedWithBothNames()
    {
        AgentReleaseException fault = await FaultAsync(AgentArtifactBench.Make(AgentArtifactBench.Arm64), MachineArchitecture.X64);
        Assert.Equal("microvm-agent: expected a program for x86_64, found one for aarch64", fault.Message);
    }

    [Theory]
    [InlineData("../microvm-agent", TarEntryType.RegularFile)]
    [InlineData("/microvm-agent", TarEntryType.RegularFile)]
    [InlineData("sub/microvm-agent", TarEntryType.RegularFile)]
    [InlineData("microvm-agent", TarEntryType.SymbolicLink)]
    [InlineData("microvm-agent", TarEntryType.Directory)]
    [InlineData("surplus", TarEntryType.RegularFile)]
    [InlineData("vmlinuz", TarEntryType.RegularFile)]
    public async Task Entry_ThatMayNotBeThere_IsRefused(string name, TarEntryType type) =>
        await FaultAsync(AgentArtifactBench.Pack((name, type, [])), MachineArchitecture.X64);

    [Fact]
    public async Task File_ThatIsThereTwice_IsRefused() => Assert.Contains(
        "twice",
        (await FaultAsync(
            AgentArtifactBench.Pack(
                ("libe_sqlite3.so", TarEntryType.RegularFile, [1]),
                ("libe_sqlite3.so", TarEntryType.RegularFile, [1])),
            MachineArchitecture.X64)).Message,
        StringComparison.Ordinal);

    /// <summary>A header of half a kilobyte that says that a gigabyte of names follows.</summary>
    [Theory]
    [InlineData('x')]
    [InlineData('L')]
    public async Task Entry_WithEndlessMetadata_IsRefusedBeforeItIsRead(char type)
    {
        byte[] header = new byte[512];
        Encoding.ASCII.GetBytes("microvm-agent").CopyTo(header, 0);
        Encoding.ASCII.GetBytes("10000000000\0").CopyTo(header, 124);
        header[156] = (byte)type;
        Encoding.ASCII.GetBytes("ustar\000").CopyTo(header, 257);
        header.AsSpan(148, 8).Fill((byte)' ');
        Encoding.ASCII.GetBytes($"{Convert.ToString(header.Sum(static one => one), 8).PadLeft(6, '0')}\0 ").CopyTo(header, 148);
        using MemoryStream packed = new();
        await using (GZipStream zipped = new(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            zipped.Write(header);
            zipped.Write(new byte[1 << 20]);
        }

        long before = GC.GetTotalAllocatedBytes();
        Assert.Contains("found 1073741824", (await FaultAsync(packed.ToArray(), MachineArchitecture.X64)).Message, StringComparison.Ordinal);
        Assert.InRange(GC.GetTotalAllocatedBytes() - before, 0, 256 << 20);
    }

    [Fact]
    public async Task Bytes_OfAnyKind_AreRefusedInOneLineAndNothingElseIsThrown()
    {
        byte[] whole = AgentArtifactBench.Make();
        Random random = new(1);
        for (int i = 0; i < 300; i++)
        {
            byte[] broken = [.. whole];
            broken[random.Next(broken.Length)] ^= (byte)random.Next(1, 256);
            try
            {
                await ReadAsync(i % 3 == 0 ? broken[..random.Next(broken.Length)] : broken, MachineArchitecture.X64);
            }
            catch (AgentReleaseException e)
            {
                Assert.DoesNotContain('\n', e.Message);
            }
        }

        Assert.Contains("expected the file microvm-agent", (await FaultAsync(AgentArtifactBench.Pack(("libe_sqlite3.so", TarEntryType.RegularFile, [1])), MachineArchitecture.X64)).Message, StringComparison.Ordinal);
        await FaultAsync("no archive at all"u8.ToArray(), MachineArchitecture.X64);
    }

    private static Task<IReadOnlyList<AgentFile>> ReadAsync(byte[] artifact, string architecture) =>
        AgentArtifactReader.ReadAsync(new MemoryStream(artifact), architecture, CancellationToken.None);

    private static Task<AgentReleaseException> FaultAsync(byte[] artifact, string architecture) =>
        Assert.ThrowsAsync<AgentReleaseException>(() => ReadAsync(artifact, architecture));
}
