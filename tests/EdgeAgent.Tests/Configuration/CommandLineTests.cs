using MicroVm.EdgeAgent.Configuration;

namespace MicroVm.EdgeAgent.Tests.Configuration;

public sealed class CommandLineTests
{
    [Fact]
    public void Parse_Nothing_ReadsTheDefaultFile() =>
        Assert.Equal(new CommandLine("/etc/microvm/agent.json", false, false), CommandLine.Parse([]));

    [Fact]
    public void Parse_Options_AreTaken() =>
        Assert.Equal(new CommandLine("/a.json", true, false), CommandLine.Parse(["--config", "/a.json", "--check-config"]));

    [Theory]
    [InlineData("--config: expected a file, found nothing", "--config")]
    [InlineData("'-x': unknown argument", "-x")]
    public void Parse_BadArgument_IsNamed(string expected, params string[] arguments) =>
        Assert.StartsWith(expected, Assert.Throws<ConfigurationException>(() => CommandLine.Parse(arguments)).Message);
}
