using MicroVm.Vmm.Control;
using MicroVm.Vmm.Interop.Linux;

namespace MicroVm.Vmm.Tests.Control;

public sealed class DriveApiTests : IDisposable
{
    private readonly ApiClientOfTests _api = new();

    public DriveApiTests()
    {
        const string drive = """{"drive_id":"data","path_on_host":"/old","is_root_device":false,"cache_type":"Writeback","io_engine":"Async"}""";
        Assert.Equal((204, ""), _api.Request("PUT", "/drives/data", drive));
    }

    public void Dispose() => _api.Dispose();

    private void Start()
    {
        Assert.Equal(204, _api.Request("PUT", "/boot-source", """{"kernel_image_path": "/k"}""").Status);
        Assert.Equal(204, _api.Request("PUT", "/actions", """{"action_type":"InstanceStart"}""").Status);
    }

    [Fact]
    public void Put_WithEngineAndCache_StartsTheVmWithThemAndShowsThem()
    {
        Start();
        Assert.Equal(
            new DriveConfig("data", "/old", false, false, null, DriveCacheType.Writeback, DriveIoEngine.Async), _api.Vm.Started[0].Drives[0]);
        Assert.Contains("\"io_engine\":\"Async\"", _api.Request("GET", "/vm/config").Body, StringComparison.Ordinal);
    }

    [Fact]
    public void Patch_OfARunningVm_ReplacesTheFileAndShowsIt()
    {
        Start();
        Assert.Equal((204, ""), _api.Request("PATCH", "/drives/data", """{"drive_id":"data","path_on_host":"/new"}"""));
        Assert.Equal(["disk of data is /new"], _api.Vm.Calls);
        Assert.Contains("\"path_on_host\":\"/new\"", _api.Request("GET", "/vm/config").Body, StringComparison.Ordinal);
    }

    [Fact]
    public void Patch_OfTheRateLimiter_ReachesTheDeviceAndIsShown()
    {
        Start();
        Assert.Equal(
            (204, ""),
            _api.Request("PATCH", "/drives/data", """{"drive_id":"data","rate_limiter":{"bandwidth":{"size":7,"refill_time":100}}}"""));
        Assert.Equal($"limits of data: {new RateLimiterConfig(new TokenBucketConfig(7, null, 100), null)}", Assert.Single(_api.Vm.Calls));
        Assert.Contains(
            """rate_limiter":{"bandwidth":{"size":7,"one_time_burst":null,"refill_time":100},"ops":null}""",
            _api.Request("GET", "/vm/config").Body,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Patch_OfNothing_IsRefused()
    {
        Start();
        Assert.Contains("Running method expected different backend.", _api.Request("PATCH", "/drives/data", """{"drive_id":"data"}""").Body, StringComparison.Ordinal);
        Assert.Empty(_api.Vm.Calls);
    }

    [Fact]
    public void Patch_ToAFileThatFails_IsRefusedAndKeepsTheOldPath()
    {
        Start();
        _api.Vm.ReplaceFault = new OsFaultException("open", "/new", Errno.NoEntry);
        (int status, string body) = _api.Request("PATCH", "/drives/data", """{"drive_id":"data","path_on_host":"/new"}""");
        Assert.Equal(400, status);
        Assert.Contains("/new", body, StringComparison.Ordinal);
        Assert.Contains("\"path_on_host\":\"/old\"", _api.Request("GET", "/vm/config").Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("data", """{"drive_id":"other","path_on_host":"/new"}""")]
    [InlineData("other", """{"drive_id":"other","path_on_host":"/new"}""")]
    [InlineData("data", """{"path_on_host":"/new"}""")]
    [InlineData("data", """{"drive_id":"data","path_on_host":"/new","is_read_only":true}""")]
    [InlineData("", """{"drive_id":"data","path_on_host":"/new"}""")]
    public void Patch_OfAnotherDriveOrField_IsRefused(string id, string body)
    {
        Start();
        Assert.Equal(400, _api.Request("PATCH", $"/drives/{id}", body).Status);
        Assert.Empty(_api.Vm.Calls);
    }

    [Fact]
    public void Patch_BeforeTheStart_IsRefused() =>
        Assert.Equal(400, _api.Request("PATCH", "/drives/data", """{"drive_id":"data","path_on_host":"/new"}""").Status);
}
