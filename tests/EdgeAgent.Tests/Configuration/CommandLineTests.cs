using MicroVm.EdgeAgent.Configuration;
using MicroVm.EdgeAgent.Local;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Tests.Configuration;

public sealed class CommandLineTests
{
    [Fact]
    public void Parse_Nothing_ReadsTheDefaultFile() =>
        Assert.Equal(new CommandLine(AgentVerb.Run, "/etc/microvm/agent.json"), CommandLine.Parse([]));

    [Fact]
    public void Parse_Options_AreTaken() =>
        Assert.Equal(new CommandLine(AgentVerb.CheckConfig, "/a.json", IsConfigNamed: true), CommandLine.Parse(["--config", "/a.json", "--check-config"]));

    [Theory]
    [InlineData("--help")]
    [InlineData("-h")]
    [InlineData("doctor", "--help", "whatever")]
    public void Parse_Help_IsAllThatIsDone(params string[] arguments) =>
        Assert.Equal(new CommandLine(AgentVerb.ShowUsage, "/etc/microvm/agent.json"), CommandLine.Parse(arguments));

    [Fact]
    public void Parse_Doctor_TakesItsOptions() => Assert.Equal(
        new CommandLine(AgentVerb.Doctor, "/a.json", IsConfigNamed: true, Json: true), CommandLine.Parse(["doctor", "--json", "--config", "/a.json"]));

    [Fact]
    public void Parse_RequestsToTheAgent_AreTaken()
    {
        Assert.Equal(new LocalRequest(LocalVerb.Status), CommandLine.Parse(["status"]).Request);
        Assert.Equal(new LocalRequest(LocalVerb.Logs, ResourceName.Parse("web"), 20), CommandLine.Parse(["logs", "web"]).Request);
        Assert.Equal(
            new LocalRequest(LocalVerb.Logs, ResourceName.Parse("web"), 5, Follow: true), CommandLine.Parse(["logs", "web", "-f", "--tail", "5"]).Request);
        Assert.Equal(new LocalRequest(LocalVerb.Pause, Reason: "new fan"), CommandLine.Parse(["pause", "new fan"]).Request);
        Assert.Equal((AgentVerb.Ask, true, "/a"), CommandLine.Parse(["vms", "--json", "--config", "/a"]) is { } line ? (line.Verb, line.Json, line.ConfigPath) : default);
    }

    [Theory]
    [InlineData("logs: expected the name of a VM, found nothing", "logs")]
    [InlineData("logs: expected the name of a VM, found '../x'", "logs", "../x")]
    [InlineData("--tail: expected a number from 0 to 10000, found '10001'", "logs", "web", "--tail", "10001")]
    [InlineData("exec: expected a VM and a program, found nothing", "exec", "-it")]
    [InlineData("exec: expected a VM and a program, found 'web' alone", "exec", "web", "--")]
    [InlineData("'-x': unknown argument", "exec", "-x", "web", "--", "id")]
    [InlineData("'twice': unknown argument", "pause", "once", "twice")]
    [InlineData("'--json': unknown argument", "--json")]
    [InlineData("'doctor': unknown argument", "--config", "/a.json", "doctor")]
    [InlineData("--config: expected a file, found nothing", "--config")]
    [InlineData("'-x': unknown argument", "-x")]
    public void Parse_BadArgument_IsNamed(string expected, params string[] arguments) =>
        Assert.StartsWith(expected, Assert.Throws<ConfigurationException>(() => CommandLine.Parse(arguments)).Message);

    [Fact]
    public void Parse_Exec_TakesWhatFollowsAsItIs()
    {
        CommandLine line = CommandLine.Parse(["exec", "-it", "--config", "/a.json", "web", "--", "sh", "-c", "--config"]);

        Assert.Equal((AgentVerb.Exec, "/a.json", "web", true, true), (line.Verb, line.ConfigPath, line.Program!.Vm.Value, line.Program.Input, line.Program.Terminal));
        Assert.Equal(["sh", "-c", "--config"], line.Program.Arguments);
    }
}
