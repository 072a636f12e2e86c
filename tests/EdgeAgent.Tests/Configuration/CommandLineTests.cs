using MicroVm.EdgeAgent.Configuration;

namespace MicroVm.EdgeAgent.Tests.Configuration;

public sealed class CommandLineTests
{
    [Fact]
    public void Parse_Nothing_ReadsTheDefaultFile() =>
        Assert.Equal(new CommandLine(AgentVerb.Run, "/etc/microvm/agent.json"), CommandLine.Parse([]));

    [Fact]
    public void Parse_Options_AreTaken() =>
        Assert.Equal(new CommandLine(AgentVerb.CheckConfig, "/a.json", IsConfigNamed: true), CommandLine.Parse(["--config", "/a.json", "--check-config"]));

    [Fact]
    public void Parse_Doctor_TakesItsOptions() => Assert.Equal(
        new CommandLine(AgentVerb.Doctor, "/a.json", IsConfigNamed: true, Json: true), CommandLine.Parse(["doctor", "--json", "--config", "/a.json"]));

    [Theory]
    [InlineData("'--json': unknown argument", "--json")]
    [InlineData("'doctor': unknown argument", "--config", "/a.json", "doctor")]
    [InlineData("--config: expected a file, found nothing", "--config")]
    [InlineData("'-x': unknown argument", "-x")]
    public void Parse_BadArgument_IsNamed(string expected, params string[] arguments) =>
        Assert.StartsWith(expected, Assert.Throws<ConfigurationException>(() => CommandLine.Parse(arguments)).Message);
}
