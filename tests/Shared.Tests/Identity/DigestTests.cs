using MicroVm.Shared.Identity;

namespace MicroVm.Shared.Tests.Identity;

public sealed class DigestTests
{
    private const string Empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    public static TheoryData<string> Malformed =>
    [
        "", "sha256:", Empty, "sha256:" + Empty[1..], "sha256:" + Empty + "0", "SHA256:" + Empty, "sha256:" + Empty.ToUpperInvariant(),
        "sha512:" + Empty, "sha256-" + Empty, " sha256:" + Empty, "sha256:" + Empty[..63] + "g", "sha256:" + Empty[..63] + "\0",
        "sha256:" + Empty[..63] + "\uFF10", "sha256:../" + Empty[..61], "sha256:" + new string('0', 100_000),
    ];

    [Fact]
    public void Of_NothingAtAll_IsTheKnownDigest()
    {
        Digest digest = Digest.Of([]);

        Assert.Equal(("sha256:" + Empty, Empty, false), (digest.ToString(), digest.Hex, digest.IsEmpty));
        Assert.Equal(digest, Digest.Parse("sha256:" + Empty));
        Assert.Equal(digest, Digest.FromHash(Convert.FromHexString(Empty)));
    }

    [Theory]
    [MemberData(nameof(Malformed))]
    [InlineData(null)]
    public void Text_Malformed_IsRefused(string? text)
    {
        Assert.False(Digest.TryParse(text, out Digest digest));
        Assert.Equal((true, "", ""), (digest.IsEmpty, digest.Value, digest.Hex));
        Assert.InRange(Assert.Throws<FormatException>(() => Digest.Parse(text)).Message.Length, 1, 250);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(31)]
    [InlineData(33)]
    public void Hash_OfAnotherLength_IsRefused(int length) => Assert.Throws<ArgumentException>(() => Digest.FromHash(new byte[length]));
}
