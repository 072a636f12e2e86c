using MicroVm.Vmm.Control;

namespace MicroVm.Vmm.Tests.Control;

public sealed class BalloonApiTests : IDisposable
{
    private const string Balloon =
        """{"amount_mib":16,"deflate_on_oom":true,"stats_polling_interval_s":1,"free_page_hinting":false,"free_page_reporting":true}""";

    private const string Hinting =
        """{"amount_mib":16,"deflate_on_oom":true,"stats_polling_interval_s":1,"free_page_hinting":true,"free_page_reporting":true}""";

    private readonly ApiClientOfTests _api = new();

    public void Dispose() => _api.Dispose();

    private void Start()
    {
        Assert.Equal(204, _api.Request("PUT", "/boot-source", """{"kernel_image_path": "/k"}""").Status);
        Assert.Equal(204, _api.Request("PUT", "/actions", """{"action_type":"InstanceStart"}""").Status);
    }

    [Fact]
    public void Put_ThenGet_IsTheSameAndIsInVmConfig()
    {
        Assert.Contains("No balloon device found", _api.Request("GET", "/balloon").Body, StringComparison.Ordinal);
        Assert.Equal((204, ""), _api.Request("PUT", "/balloon", Balloon));
        Assert.Equal((200, Balloon), _api.Request("GET", "/balloon"));
        Assert.Contains($"\"balloon\":{Balloon}", _api.Request("GET", "/vm/config").Body, StringComparison.Ordinal);
        Start();
        Assert.Equal(new BalloonConfig(16, true, 1, true), _api.Vm.Started[0].Balloon);
        Assert.Equal(400, _api.Request("PUT", "/balloon", Balloon).Status);
    }

    [Fact]
    public void Patch_OfARunningVm_ReachesTheDevice()
    {
        _api.Request("PUT", "/balloon", Balloon);
        Assert.Contains("before starting", _api.Request("PATCH", "/balloon", """{"amount_mib":8}""").Body, StringComparison.Ordinal);
        Start();
        Assert.Equal((204, ""), _api.Request("PATCH", "/balloon", """{"amount_mib":8}"""));
        Assert.Equal((204, ""), _api.Request("PATCH", "/balloon/statistics", """{"stats_polling_interval_s":60}"""));
        Assert.Equal(["balloon 8 MiB", "statistics every 60 s"], _api.Vm.Calls);
        Assert.Contains("\"amount_mib\":8", _api.Request("GET", "/balloon").Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/balloon", """{"amount_mib":129}""", "balloon.amount_mib")]
    [InlineData("/balloon", """{"amount_mib":1,"deflate_on_oom":true}""", "unknown field")]
    [InlineData("/balloon", "{}", "balloon.amount_mib")]
    [InlineData("/balloon/statistics", """{"stats_polling_interval_s":0}""", "enable/disable")]
    [InlineData("/balloon/statistics", """{"stats_polling_interval_s":-1}""", "balloon.stats_polling_interval_s")]
    public void Patch_WhatIsWrong_Is400AndChangesNothing(string target, string body, string reason)
    {
        _api.Request("PUT", "/balloon", Balloon);
        Start();
        (int status, string answer) = _api.Request("PATCH", target, body);
        Assert.Equal(400, status);
        Assert.Contains(reason, answer, StringComparison.Ordinal);
        Assert.Empty(_api.Vm.Calls);
        Assert.Equal((200, Balloon), _api.Request("GET", "/balloon"));
    }

    [Fact]
    public void Patch_WithoutABalloon_Is400()
    {
        Start();
        Assert.Contains("No balloon", _api.Request("PATCH", "/balloon", """{"amount_mib":1}""").Body, StringComparison.Ordinal);
        Assert.Contains("No balloon", _api.Request("GET", "/balloon/statistics").Body, StringComparison.Ordinal);
    }

    [Fact]
    public void GetStatistics_HasPagesAndOnlyWhatTheGuestSent()
    {
        _api.Request("PUT", "/balloon", Balloon);
        Start();
        ulong?[] statistics = new ulong?[16];
        statistics[4] = 4096;
        statistics[15] = ulong.MaxValue;
        _api.Vm.BalloonReport = new BalloonReport(4096, uint.MaxValue, statistics);
        Assert.Equal(
            (200, """{"target_pages":4096,"actual_pages":4294967295,"target_mib":16,"actual_mib":16777215,"free_memory":4096,"direct_reclaim":18446744073709551615}"""),
            _api.Request("GET", "/balloon/statistics"));
    }

    [Fact]
    public void GetStatistics_NotEnabled_Is400()
    {
        _api.Request("PUT", "/balloon", """{"amount_mib":1,"deflate_on_oom":false}""");
        Start();
        Assert.Contains("not enabled", _api.Request("GET", "/balloon/statistics").Body, StringComparison.Ordinal);
    }

    [Fact]
    public void Hinting_OfARunningVm_ReachesTheDevice()
    {
        Assert.Equal(204, _api.Request("PUT", "/balloon", Hinting).Status);
        Assert.Equal((200, Hinting), _api.Request("GET", "/balloon"));
        Assert.Contains("before starting", _api.Request("GET", "/balloon/hinting/status").Body, StringComparison.Ordinal);
        Assert.Contains("before starting", _api.Request("PATCH", "/balloon/hinting/start").Body, StringComparison.Ordinal);
        Start();
        Assert.Equal((200, """{"host_cmd":7,"guest_cmd":null}"""), _api.Request("GET", "/balloon/hinting/status"));
        Assert.Equal((204, ""), _api.Request("PATCH", "/balloon/hinting/start"));
        Assert.Equal((204, ""), _api.Request("PATCH", "/balloon/hinting/start", """{"acknowledge_on_stop":false}"""));
        Assert.Equal((204, ""), _api.Request("PATCH", "/balloon/hinting/stop", "{}"));
        Assert.Equal(["hinting starts, acknowledges: True", "hinting starts, acknowledges: False", "hinting stops"], _api.Vm.Calls);
        Assert.Equal((200, """{"host_cmd":7,"guest_cmd":6}"""), _api.Request("GET", "/balloon/hinting/status"));
    }

    [Theory]
    [InlineData(null, "No balloon")]
    [InlineData(Balloon, "hinting when not enabled")]
    public void Hinting_NotEnabled_Is400(string? balloon, string reason)
    {
        _ = balloon is null ? default : _api.Request("PUT", "/balloon", balloon);
        Start();
        Assert.Contains(reason, _api.Request("GET", "/balloon/hinting/status").Body, StringComparison.Ordinal);
        Assert.Contains(reason, _api.Request("PATCH", "/balloon/hinting/start").Body, StringComparison.Ordinal);
        Assert.Contains(reason, _api.Request("PATCH", "/balloon/hinting/stop").Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/balloon/hinting/start", """{"acknowledge_on_stop":1}""", "balloon.hinting.acknowledge_on_stop")]
    [InlineData("/balloon/hinting/start", """{"ack":true}""", "unknown field")]
    [InlineData("/balloon/hinting/begin", "", "Unrecognized PATCH request path `/hinting/begin`.")]
    public void Hinting_WhatIsWrong_Is400(string target, string body, string reason)
    {
        _api.Request("PUT", "/balloon", Hinting);
        Start();
        Assert.Contains(reason, _api.Request("PATCH", target, body).Body, StringComparison.Ordinal);
        Assert.Empty(_api.Vm.Calls);
    }
}
