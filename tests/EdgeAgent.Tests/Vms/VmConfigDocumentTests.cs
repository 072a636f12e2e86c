using System.Net;
using System.Text.Json;
using MicroVm.EdgeAgent.Configuration;
using MicroVm.EdgeAgent.Networks;
using MicroVm.EdgeAgent.Tests.TestDoubles;
using MicroVm.EdgeAgent.Vms;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Tests.Vms;

public sealed class VmConfigDocumentTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Write_NoWishes_RootFileSystemAlone()
    {
        JsonElement root = Write(Specs.Vm(), VmResources.None);

        Assert.False(root.TryGetProperty("network-interfaces", out _));
        JsonElement drive = Assert.Single(root.GetProperty("drives").EnumerateArray());
        Assert.Equal(("rootfs", true), (drive.GetProperty("drive_id").GetString(), drive.GetProperty("is_read_only").GetBoolean()));
        Assert.False(drive.TryGetProperty("rate_limiter", out _));
    }

    [Fact]
    public void Write_VolumesNetworkAndLimits_AsTheVmmTakesThem()
    {
        VmSpec spec = Specs.Vm() with
        {
            Volumes = [new VolumeMount(ResourceName.Parse("data"), 64, "/data"), new VolumeMount(ResourceName.Parse("ro"), 64, "/ro", ReadOnly: true)],
            Limits = new RateLimits(1_000_000, 50, 250_000),
        };
        VmLink link = VmLink.Derive(spec.Name, 0, IPAddress.Parse("172.30.0.2"));

        JsonElement root = Write(spec, new VmResources(new VmAttachment(link, IPAddress.Parse("172.30.0.1"), null, 1500), ["/v/data.ext4", "/v/ro.ext4"]));

        JsonElement[] drives = [.. root.GetProperty("drives").EnumerateArray()];
        Assert.Equal(["rootfs", "volume0", "volume1"], drives.Select(static drive => drive.GetProperty("drive_id").GetString()));
        Assert.Equal("/v/data.ext4", drives[1].GetProperty("path_on_host").GetString());
        Assert.Equal("Writeback", drives[1].GetProperty("cache_type").GetString());
        Assert.Equal([true, false, true], drives.Select(static drive => drive.GetProperty("is_read_only").GetBoolean()));
        Assert.All(drives, static drive => Assert.Equal(
            """{"bandwidth":{"size":1000000,"refill_time":1000},"ops":{"size":50,"refill_time":1000}}""", Compact(drive.GetProperty("rate_limiter"))));
        JsonElement network = Assert.Single(root.GetProperty("network-interfaces").EnumerateArray());
        Assert.Equal(
            $$$$"""{"iface_id":"eth0","host_dev_name":"{{{{link.Tap}}}}","guest_mac":"{{{{VmLink.Write(link.Mac)}}}}","rx_rate_limiter":{"bandwidth":{"size":250000,"refill_time":1000}},"tx_rate_limiter":{"bandwidth":{"size":250000,"refill_time":1000}}}""",
            Compact(network));
    }

    [Fact]
    public void Write_AnyVm_GivesFreePagesBackAndStartsWithItsLeastMemory()
    {
        Assert.Equal(
            """{"amount_mib":0,"deflate_on_oom":true,"stats_polling_interval_s":10,"free_page_reporting":true}""",
            Compact(Write(Specs.Vm(), VmResources.None).GetProperty("balloon")));
        Assert.Equal(
            """{"amount_mib":80,"deflate_on_oom":true,"stats_polling_interval_s":1,"free_page_reporting":true}""",
            Compact(Write(Specs.Vm() with { MemoryMinMib = 48 }, VmResources.None).GetProperty("balloon")));
    }

    private static string Compact(JsonElement element) => JsonSerializer.Serialize(element);

    private JsonElement Write(VmSpec spec, VmResources resources)
    {
        AgentOptions options = TestOptions.In(_directory);
        byte[] json = VmConfigDocument.Write(new VmLaunch(spec, 3, "/images/x", resources), new VmPaths(options), options);
        return JsonDocument.Parse(json).RootElement;
    }
}
