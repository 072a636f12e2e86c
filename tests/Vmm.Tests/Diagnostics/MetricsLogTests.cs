using System.Text.Json.Nodes;
using MicroVm.Vmm.Diagnostics;
using MicroVm.Vmm.EventLoop;
using MicroVm.Vmm.Tests.Virtio;

namespace MicroVm.Vmm.Tests.Diagnostics;

public sealed class MetricsLogTests
{
    [Fact]
    public void Flush_Twice_WritesWhatHasGrownInBetween()
    {
        using var folder = new TemporaryFolder();
        using var loop = new EpollLoop();
        long reads = 5;
        using (var log = new MetricsLog(folder.File("m"), loop, () => [new MetricsSection("block", [("read_count", reads)])]))
        {
            log.Flush();
            reads = 12;
            log.Flush();
        }

        JsonNode[] lines = [.. File.ReadLines(folder.File("m")).Select(line => JsonNode.Parse(line)!)];
        Assert.Equal([5, 7, 0], lines.Select(line => (long)line["block"]!["read_count"]!));
        Assert.All(lines, line => Assert.InRange((long)line["utc_timestamp_ms"]!, 1, long.MaxValue));
        Assert.All(lines, line => Assert.Equal(0, (long)line["logger"]!["missed_metrics_count"]!));
    }

    [Fact]
    public void Open_OfADirectory_NamesItAndErrno()
    {
        using var folder = new TemporaryFolder();
        using var loop = new EpollLoop();
        string path = Path.GetDirectoryName(folder.File("m"))!;
        VmmFaultException fault = Assert.Throws<VmmFaultException>(() => new MetricsLog(path, loop, () => []));
        Assert.Equal(ExitCode.FileFault, fault.Code);
        Assert.Contains($"open {path}", fault.Message, StringComparison.Ordinal);
    }
}
