using System.Text.Json;
using MicroVm.TestKit;

namespace MicroVm.SystemTests.Architectures;

/// <summary>The programs of aarch64 run: cross-built code that starts, reads its input and says what is wrong with it.</summary>
public sealed class EmulatedProgramTests : IDisposable
{
    private const string GoodConfig =
        """{"deviceId": "arm-1", "controlPlane": {"apiUrl": "https://10.0.2.2:8443", "mqttHost": "10.0.2.2", "mqttPort": 8883}}""";

    private readonly string _folder = Directory.CreateTempSubdirectory("mvm-emulated-").FullName;

    [Theory]
    [InlineData("microvm-agent", "microvm-agent 0.")]
    [InlineData("microvm-vmm", "microvm-vmm 0.")]
    [InlineData("mvm", "0.")]
    public async Task Program_AskedForItsVersion_SaysIt(string name, string expected)
    {
        var (code, output, error) = await UserEmulation.RunAsync(Artifacts.Of("aarch64", name), "--version");

        Assert.Equal((0, ""), (code, error));
        Assert.StartsWith(expected, output, StringComparison.Ordinal);
    }

    /// <summary>Kernels of aarch64 have pages of 4, 16 or 64 KiB, which the runtime has to get along with before anything of ours runs.</summary>
    [Theory]
    [InlineData("microvm-agent", 16384)]
    [InlineData("microvm-agent", 65536)]
    [InlineData("microvm-vmm", 16384)]
    [InlineData("microvm-vmm", 65536)]
    public async Task Program_OnAKernelWithLargePages_Starts(string name, int pageBytes)
    {
        var (code, output, error) = await UserEmulation.RunWithPagesAsync(pageBytes, Artifacts.Of("aarch64", name), "--version");

        Assert.Equal((0, ""), (code, error));
        Assert.StartsWith($"{name} 0.", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(16384)]
    [InlineData(65536)]
    public async Task Init_OnAKernelWithLargePages_Starts(int pageBytes)
    {
        var (_, output, error) = await UserEmulation.RunWithPagesAsync(pageBytes, Artifacts.Of("aarch64", "microvm-init"));

        Assert.Contains("expected to be process 1", output + error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Agent_GivenAGoodConfiguration_AcceptsIt()
    {
        var (code, _, error) = await CheckAsync(GoodConfig);

        Assert.Equal((0, ""), (code, error));
    }

    [Fact]
    public async Task Agent_GivenAnUnknownKey_NamesIt()
    {
        var (code, output, error) = await CheckAsync(GoodConfig.Replace("{\"deviceId\"", "{\"colour\": 1, \"deviceId\"", StringComparison.Ordinal));

        Assert.NotEqual(0, code);
        Assert.Contains("colour", output + error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Agent_AskedForItsDoctor_ReportsChecksOfAnAarch64Host()
    {
        var (_, output, _) = await UserEmulation.RunAsync(Artifacts.Of("aarch64", "microvm-agent"), "doctor", "--json");

        using JsonDocument report = JsonDocument.Parse(output);
        string[] checks = [.. report.RootElement.GetProperty("checks").EnumerateArray().Select(static check => check.GetProperty("name").GetString()!)];
        Assert.Equal("aarch64", report.RootElement.GetProperty("architecture").GetString());
        Assert.Contains("page-size", checks);
        Assert.Contains("gic", checks);
    }

    [Fact]
    public async Task Init_ThatIsNotProcessOne_Refuses()
    {
        var (code, output, error) = await UserEmulation.RunAsync(Artifacts.Of("aarch64", "microvm-init"));

        Assert.NotEqual(0, code);
        Assert.Contains("expected to be process 1", output + error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Mvm_WithoutAControlPlane_SaysSo()
    {
        Mvm mvm = new(Artifacts.Of("aarch64", "mvm"), new Uri($"https://127.0.0.1:{FreePort.Take()}"), isEmulated: true);

        Mvm.Result result = await mvm.RunAsync("devices");

        Assert.Equal(3, result.ExitCode);
        Assert.Contains("expected a control plane", result.Error, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private Task<(int ExitCode, string Output, string Error)> CheckAsync(string config)
    {
        string file = Path.Combine(_folder, "agent.json");
        File.WriteAllText(file, config);
        return UserEmulation.RunAsync(Artifacts.Of("aarch64", "microvm-agent"), "--config", file, "--check-config");
    }
}
