using MicroVm.ControlPlane.Host.Configuration;
using Microsoft.Extensions.Configuration;

namespace MicroVm.ControlPlane.Tests.Hosting;

public sealed class OptionsReaderTests
{
    [Fact]
    public void Read_OnlyData_ListensOnTheUsualLoopbackPorts()
    {
        ControlPlaneOptions options = Read("--data", "/d");

        Assert.Equal(("/d", "127.0.0.1:8443", "127.0.0.1:8883"), (options.DataPath, options.Listen.ToString(), options.Mqtt.ToString()));
    }

    [Fact]
    public void Read_CommandLine_WinsOverTheEnvironment()
    {
        IConfiguration environment = new ConfigurationBuilder().AddInMemoryCollection(
            [new("ControlPlane:Data", "/env"), new("ControlPlane:Listen", "127.0.0.1:1")]).Build();

        ControlPlaneOptions options = OptionsReader.Read(["--listen=[::1]:2"], environment);

        Assert.Equal(("/env", "[::1]:2"), (options.DataPath, options.Listen.ToString()));
    }

    [Theory]
    [InlineData("127.0.0.1:8080")]
    [InlineData("127.9.9.9:1")]
    [InlineData("[::1]:0")]
    [InlineData("localhost:8080")]
    [InlineData("0.0.0.0:8883")]
    [InlineData("[::]:8883")]
    [InlineData("192.168.1.5:8883")]
    public void Read_AnyAddress_IsTaken(string address) => Assert.NotNull(Read("--data", "/d", "--mqtt", address));

    [Fact]
    public void Read_NamesAndProvider_AreTaken()
    {
        ControlPlaneOptions options = Read(
            "--data", "/d", "--name", "fleet.example,10.0.2.2", "--oidc-authority", "https://id.example", "--oidc-audience", "microvm");

        Assert.Equal(["fleet.example", "10.0.2.2"], options.Names);
        Assert.Equal(("https://id.example/", "microvm", "roles"), (options.Oidc!.Authority.ToString(), options.Oidc.Audience, options.Oidc.RoleClaim));
    }

    [Fact]
    public void Read_HowMuchIsKept_IsTaken()
    {
        RetentionOptions kept = Read(
            "--data", "/d", "--keep-days", "30", "--keep-samples", "6", "--keep-samples-of-device", "5", "--keep-events", "4", "--keep-events-of-device", "3",
            "--keep-points", "2").Retention;

        Assert.Equal(
            new RetentionOptions(6, TimeSpan.FromDays(30)) { MaxSamplesOfDevice = 5, MaxEvents = 4, MaxEventsOfDevice = 3, MaxPoints = 2 }, kept);
        Assert.Equal(new RetentionOptions(), Read("--data", "/d").Retention);
    }

    [Theory]
    [InlineData("")]
    [InlineData("--data")]
    [InlineData("--data /d --data /e")]
    [InlineData("--data /d --port 1")]
    [InlineData("--data /d extra")]
    [InlineData("--data /d --listen 8080")]
    [InlineData("--data /d --listen 127.0.0.1:99999")]
    [InlineData("--data /d --listen example.com:80")]
    [InlineData("--data /d --name a/b")]
    [InlineData("--data /d --oidc-authority http://id.example --oidc-audience microvm")]
    [InlineData("--data /d --oidc-authority https://id.example")]
    [InlineData("--data /d --keep-days 0")]
    [InlineData("--data /d --keep-days 3651")]
    [InlineData("--data /d --keep-samples -1")]
    [InlineData("--data /d --keep-points many")]
    public void Read_WrongArguments_AreRefusedInOneLine(string arguments)
    {
        ControlPlaneConfigurationException e = Assert.Throws<ControlPlaneConfigurationException>(
            () => Read(arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries)));

        Assert.Equal(ExitCode.Usage, e.ExitCode);
        Assert.DoesNotContain('\n', e.Message);
    }

    private static ControlPlaneOptions Read(params string[] arguments) =>
        OptionsReader.Read(arguments, new ConfigurationBuilder().Build());
}
