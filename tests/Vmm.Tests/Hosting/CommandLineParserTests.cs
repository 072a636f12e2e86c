using MicroVm.Vmm.Diagnostics;
using MicroVm.Vmm.Hosting;

namespace MicroVm.Vmm.Tests.Hosting;

public sealed class CommandLineParserTests
{
    [Fact]
    public void Parse_AllFlags_AreTaken()
    {
        CommandLineOptions options = CommandLineParser.Parse(
            ["--config-file", "vm.json", "--api-sock=/run/a.sock", "--id", "web-1", "--log-path", "l", "--level", "warn", "--show-level", "--show-log-origin"]);

        Assert.Equal(
            new CommandLineOptions
            {
                ConfigFile = "vm.json",
                ApiSocket = "/run/a.sock",
                Id = "web-1",
                LogPath = "l",
                Level = LogLevel.Warning,
                ShowLevel = true,
                ShowLogOrigin = true,
            },
            options);
    }

    [Fact]
    public void Parse_StartTimesAndLimits_AreTaken()
    {
        CommandLineOptions options = CommandLineParser.Parse(
            ["--api-sock", "a", "--boot-timer", "--no-seccomp", "--metrics-path", "m", "--start-time-us", "12", "--start-time-cpu-us=34", "--http-api-max-payload-size", "99", "--metadata", "d", "--mmds-size-limit", "98"]);

        Assert.Equal(
            new CommandLineOptions
            {
                ApiSocket = "a",
                BootTimer = true,
                MetricsPath = "m",
                StartTimeMicroseconds = 12,
                StartTimeCpuMicroseconds = 34,
                MaxPayloadBytes = 99,
                MetadataFile = "d",
                MmdsSizeLimit = 98,
                NoSeccomp = true,
            },
            options);
    }

    [Theory]
    [InlineData("--metadata", new[] { "--config-file", "a", "--metadata" })]
    [InlineData("--mmds-size-limit", new[] { "--config-file", "a", "--mmds-size-limit", "16777217" })]
    [InlineData("--start-time-us", new[] { "--config-file", "a", "--start-time-us", "-1" })]
    [InlineData("--start-time-cpu-us", new[] { "--config-file", "a", "--start-time-cpu-us", "18446744073709551616" })]
    [InlineData("--http-api-max-payload-size", new[] { "--api-sock", "a", "--http-api-max-payload-size", "99999999999" })]
    [InlineData("--http-api-max-payload-size", new[] { "--api-sock", "a", "--http-api-max-payload-size", "" })]
    [InlineData("neither", new string[0])]
    [InlineData("--bogus", new[] { "--bogus" })]
    [InlineData("--bogus", new[] { "--config-file", "a", "--bogus", "b" })]
    [InlineData("stray", new[] { "stray" })]
    [InlineData("--config-file", new[] { "--config-file" })]
    [InlineData("exclude", new[] { "--config-file", "a", "--no-api", "--api-sock", "b" })]
    [InlineData("exclude", new[] { "--config-file", "a", "--no-seccomp", "--seccomp-filter", "b" })]
    [InlineData("--seccomp-filter", new[] { "--config-file", "a", "--seccomp-filter" })]
    [InlineData("--id", new[] { "--config-file", "a", "--id", "a b" })]
    [InlineData("--id", new[] { "--config-file", "a", "--id", "" })]
    [InlineData("--level", new[] { "--config-file", "a", "--level", "loud" })]
    [InlineData("neither", new[] { "--no-api" })]
    public void Parse_BadArguments_NamesTheCulprit(string named, string[] arguments)
    {
        VmmFaultException fault = Assert.Throws<VmmFaultException>(() => CommandLineParser.Parse(arguments));
        Assert.Equal(ExitCode.BadArguments, fault.Code);
        Assert.Contains(named, fault.Message);
    }

    [Fact]
    public void Parse_Version_NeedsNothingElse() => Assert.True(CommandLineParser.Parse(["--version"]).Version);
}
