using MicroVm.Shared.Identity;

namespace MicroVm.Shared.Tests.Identity;

public sealed class ReleaseVersionTests
{
    [Fact]
    public void Versions_OfTheSpecificationsExample_AreInItsOrder()
    {
        string[] ordered =
        [
            "0.9.0", "1.0.0-1", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0",
            "1.0.1", "1.2.0", "1.10.0", "2.0.0", "99999999999999999999.0.0",
        ];
        ReleaseVersion[] versions = [.. ordered.Select(ReleaseVersion.Parse)];
        for (int i = 0; i < versions.Length; i++)
        {
            for (int j = 0; j < versions.Length; j++)
            {
                Assert.Equal(Math.Sign(i.CompareTo(j)), Math.Sign(versions[i].CompareTo(versions[j])));
            }
        }
    }

    [Fact]
    public void Versions_ThatDifferInTheirBuild_AreNeitherOlderNorNewerAndNotEqual()
    {
        (ReleaseVersion one, ReleaseVersion two) = (ReleaseVersion.Parse("1.0.0+1"), ReleaseVersion.Parse("1.0.0+2.b-c"));
        Assert.Equal(0, one.CompareTo(two));
        Assert.NotEqual(one, two);
    }

    [Theory]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("1.2")]
    [InlineData("1.2.3.4")]
    [InlineData("01.2.3")]
    [InlineData("1.2.3-")]
    [InlineData("1.2.3-01")]
    [InlineData("1.2.3+")]
    [InlineData("1.2.3-a..b")]
    [InlineData("v1.2.3")]
    [InlineData("1.2.3/../../x")]
    [InlineData("1.2.3\n")]
    [InlineData("1.2.-3")]
    [InlineData("1.2.٣")]
    [InlineData("1.2.3-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    public void Text_ThatIsNoVersion_IsRefused(string text)
    {
        Assert.False(ReleaseVersion.TryParse(text, out _));
        Assert.Throws<FormatException>(() => ReleaseVersion.Parse(text));
    }
}
