using System.Buffers.Binary;
using MicroVm.Vmm.Mmds;

namespace MicroVm.Vmm.Tests.Mmds;

public sealed class SipHashTests
{
    /// <summary>Vectors of the authors (vectors_sip128 of their reference implementation): key and message are 0, 1, 2 and so on.</summary>
    [Theory]
    [InlineData(0, "a3817f04ba25a8e66df67214c7550293")]
    [InlineData(1, "da87c1d86b99af44347659119b22fc45")]
    [InlineData(2, "8177228da4a45dc7fca38bdef60affe4")]
    [InlineData(7, "a1f1ebbed8dbc153c0b84aa61ff08239")]
    [InlineData(8, "3b62a9ba6258f5610f83e264f31497b4")]
    [InlineData(15, "5493e99933b0a8117e08ec0f97cfc3d9")]
    public void Compute_OfTheReferenceMessages_IsTheReferenceHash(int bytes, string expected)
    {
        byte[] message = [.. Enumerable.Range(0, bytes).Select(i => (byte)i)];
        (ulong low, ulong high) = SipHash.Compute(0x0706050403020100, 0x0f0e0d0c0b0a0908, message);
        byte[] hash = new byte[16];
        BinaryPrimitives.WriteUInt64LittleEndian(hash, low);
        BinaryPrimitives.WriteUInt64LittleEndian(hash.AsSpan(8), high);
        Assert.Equal(expected, Convert.ToHexStringLower(hash));
    }
}
