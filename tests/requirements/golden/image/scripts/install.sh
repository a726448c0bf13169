apt-get install --yes git
