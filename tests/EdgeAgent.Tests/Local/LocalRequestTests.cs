using MicroVm.EdgeAgent.Local;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Tests.Local;

public sealed class LocalRequestTests
{
    public static TheoryData<string> Lines =>
        ["status", "vms", "resume", "pause", "pause the fan is being changed", "logs web 20 end", "logs web 0 follow"];

    [Theory]
    [MemberData(nameof(Lines))]
    public void Line_ReadAndWritten_IsTheSame(string line)
    {
        Assert.True(LocalRequest.TryParse(line, out LocalRequest request));
        Assert.Equal(line, request.ToLine());
    }

    [Theory]
    [InlineData("")]
    [InlineData("status now")]
    [InlineData("STATUS")]
    [InlineData("logs")]
    [InlineData("logs web")]
    [InlineData("logs web 20")]
    [InlineData("logs ../etc 20 end")]
    [InlineData("logs web 10001 end")]
    [InlineData("logs web -1 end")]
    [InlineData("logs web 20 forever")]
    [InlineData("apply /tmp/x")]
    public void Line_OfAnotherForm_IsNoRequest(string line) => Assert.False(LocalRequest.TryParse(line, out _));

    [Fact]
    public void Reason_LosesControlCharacters_InBothDirections()
    {
        Assert.True(LocalRequest.TryParse("pause \u001b[31mred\u0007", out LocalRequest request));
        Assert.Equal("[31mred", request.Reason);
        Assert.Equal("pause two lines", new LocalRequest(LocalVerb.Pause, Reason: "two\nlines").ToLine());
    }

    [Fact]
    public void Name_OfTheSocket_CanBeNoVms() => Assert.False(ResourceName.TryParse(LocalServer.SocketName, out _));
}
