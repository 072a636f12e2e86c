using System.Text;
using MicroVm.EdgeAgent.Configuration;
using MicroVm.EdgeAgent.Tests.TestDoubles;
using Microsoft.Extensions.Logging;

namespace MicroVm.EdgeAgent.Tests.Configuration;

public sealed class AgentOptionsReaderTests
{
    private const string ControlPlane = """ "controlPlane":{"apiUrl":"https://10.0.2.2:8443","mqttHost":"10.0.2.2","mqttPort":8883} """;

    [Fact]
    public void Read_FullDocument_KeepsEveryField()
    {
        AgentOptions options = Read($$"""
            {"deviceId":"dev-1",{{ControlPlane}},"dataDirectory":"/d/","runDirectory":"/r","vmmPath":"/v","kernelPath":"/k",
             "initrdPath":"/i","kernelArgs":"x=1","cgroupParent":"","spool":{"mebibytes":64,"days":365},"labels":{"site":"a"},"logLevel":"Debug"}
            """);

        Assert.Equal("dev-1", options.DeviceId.Value);
        Assert.Equal(new ControlPlaneOptions(new Uri("https://10.0.2.2:8443"), "10.0.2.2", 8883), options.ControlPlane);
        Assert.Equal(("/d", "/r", "/v", "/k", "/i", "x=1"), (
            options.DataDirectory, options.RunDirectory, options.VmmPath, options.KernelPath, options.InitrdPath, options.KernelArgs));
        Assert.Equal("", options.CgroupParent);
        Assert.Equal((64L << 20, TimeSpan.FromDays(365)), (options.Spool.Bytes, options.Spool.Age));
        Assert.Equal("a", options.Labels["site"]);
        Assert.Equal(LogLevel.Debug, options.LogLevel);
    }

    [Fact]
    public void Read_OnlyWhatIsRequired_UsesDefaults()
    {
        AgentOptions options = Read($$"""{"deviceId":"dev-1",{{ControlPlane}}}""");

        Assert.Equal("/var/lib/microvm", options.DataDirectory);
        Assert.Equal("/usr/lib/microvm/microvm-vmm", options.VmmPath);
        Assert.Equal("microvm", options.CgroupParent);
        Assert.Empty(options.Labels);
        Assert.Equal((32L << 20, 200_000L, TimeSpan.FromDays(60)), (options.Spool.Bytes, options.Spool.Rows, options.Spool.Age));
    }

    [Theory]
    [InlineData("{", "expected JSON")]
    [InlineData("[]", "configuration: expected an object, found []")]
    [InlineData("""{"deviceId":"Dev"}""", "deviceId: expected 1 to 64 characters of [a-z0-9-], found 'Dev'")]
    [InlineData("""{"deviceId":7}""", "deviceId: expected a text, found 7")]
    [InlineData("""{"deviceId":"d"}""", "controlPlane: expected an object, found nothing")]
    [InlineData("""{"deviceId":"d","deviceId":"e"}""", "expected JSON")]
    [InlineData("""{"deviceId":"d","controlPlane":{"apiUrl":"ftp://x","mqttHost":"h"}}""", "controlPlane.apiUrl: expected an https address, found 'ftp://x'")]
    [InlineData("""{"deviceId":"d","controlPlane":{"apiUrl":"http://x","mqttHost":"h"}}""", "controlPlane.apiUrl: expected an https address, found 'http://x'")]
    [InlineData("""{"deviceId":"d","controlPlane":{"apiUrl":"https://x","mqttHost":"h"},"enrolment":{"certificateFile":"/c"}}""", "enrolment: expected token, or tokenFile, or")]
    [InlineData("""{"deviceId":"d","controlPlane":{"apiUrl":"https://x","mqttHost":"h"},"enrolment":{"token":"a","tokenFile":"/b"}}""", "enrolment: expected token, or tokenFile, or")]
    [InlineData("""{"deviceId":"d","controlPlane":{"apiUrl":"https://x","mqttHost":"h","mqttPort":0}}""", "controlPlane.mqttPort: expected an integer from 1 to 65535, found 0")]
    [InlineData("""{"deviceId":"d","controlPlane":{"apiUrl":"https://x","mqttHost":"h","tls":true}}""", "controlPlane.tls: expected one of apiUrl, mqttHost, mqttPort, found an unknown key")]
    [InlineData("""{"deviceId":"d","controlPlane":{"apiUrl":"https://x","mqttHost":"h"},"dataDirectory":"x"}""", "dataDirectory: expected an absolute path, found 'x'")]
    [InlineData("""{"deviceId":"d","controlPlane":{"apiUrl":"https://x","mqttHost":"h"},"labels":{"a":1}}""", "labels.a: expected a text, found 1")]
    [InlineData("""{"deviceId":"d","controlPlane":{"apiUrl":"https://x","mqttHost":"h"},"logLevel":"Loud"}""", "logLevel: expected Trace, Debug, Information, Warning or Error, found 'Loud'")]
    [InlineData("""{"deviceId":"d","controlPlane":{"apiUrl":"https://x","mqttHost":"h"},"cgroupParent":"../x"}""", "cgroupParent: expected a name of [a-z0-9-], or nothing for no cgroups, found '../x'")]
    [InlineData("""{"deviceId":"d","controlPlane":{"apiUrl":"https://x","mqttHost":"h"},"spool":{"days":0}}""", "spool.days: expected an integer from 1 to 3650, found 0")]
    [InlineData("""{"deviceId":"d","controlPlane":{"apiUrl":"https://x","mqttHost":"h"},"spool":{"bytes":1}}""", "spool.bytes: expected one of mebibytes, days, found an unknown key")]
    [InlineData("""{"deviceId":"d","controlPlane":{"apiUrl":"https://x","mqttHost":"h"},"vmm":"x"}""", "vmm: expected one of")]
    [InlineData("""{"deviceId":"d","controlPlane":{"apiUrl":"https://x","mqttHost":"h"},"runDirectory":"/run/a-directory-that-is-too-long-for-a-socket"}""", "runDirectory: expected at most 31 characters, found ")]
    public void Read_BadDocument_NamesFieldExpectationAndFinding(string json, string expected)
    {
        ConfigurationException fault = Assert.Throws<ConfigurationException>(() => Read(json));

        Assert.StartsWith(expected, fault.Message);
        Assert.DoesNotContain('\n', fault.Message);
    }

    [Fact]
    public void ReadFile_MissingFile_NamesIt()
    {
        using TempDirectory directory = new();

        ConfigurationException fault = Assert.Throws<ConfigurationException>(() => AgentOptionsReader.ReadFile(directory["none.json"]));

        Assert.StartsWith(directory["none.json"] + ": cannot be read", fault.Message);
    }

    private static AgentOptions Read(string json) => AgentOptionsReader.Read(Encoding.UTF8.GetBytes(json));
}
