using MicroVm.EdgeAgent.Mqtt;

namespace MicroVm.EdgeAgent.Tests.Mqtt;

public sealed class CappedStreamTests
{
    [Theory]
    [InlineData("30020102" + "d000", 4)]
    [InlineData("308001" + "00", 1)]
    [InlineData("d000d000d000", 6)]
    public async Task Read_PacketsWithinTheCap_PassUnchanged(string hex, int step)
    {
        byte[] bytes = Convert.FromHexString(hex);
        using CappedStream stream = new(new MemoryStream(bytes), 1000);
        List<byte> read = [];
        byte[] buffer = new byte[step];
        int count;
        while ((count = await stream.ReadAsync(buffer.AsMemory())) > 0)
        {
            read.AddRange(buffer[..count]);
        }

        Assert.Equal(bytes, read);
    }

    [Theory]
    [InlineData("30ffffff7f")]
    [InlineData("30e907")]
    [InlineData("30ffffffff")]
    [InlineData("d00030e907")]
    public async Task Read_DeclaredLengthOverTheCap_EndsBeforeItIsSeen(string hex)
    {
        using CappedStream stream = new(new MemoryStream(Convert.FromHexString(hex)), 1000);

        IOException fault = await Assert.ThrowsAsync<IOException>(async () => await stream.ReadAtLeastAsync(new byte[64], 1));

        Assert.Contains("expected at most 1000 bytes", fault.Message);
    }

    [Fact]
    public async Task Read_BodyThatLooksLikeAHeader_IsNotTakenForOne()
    {
        byte[] bytes = [0x30, 4, 0x30, 0xFF, 0xFF, 0x7F, 0xD0, 0];
        using CappedStream stream = new(new MemoryStream(bytes), 100);
        byte[] buffer = new byte[64];

        Assert.Equal(bytes.Length, await stream.ReadAsync(buffer.AsMemory()));
    }
}
